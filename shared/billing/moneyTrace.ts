/** The history of the price of a job, as steps of the trace. */
import type { JobRecord } from '#shared/jobs/record/record.ts';
import type { TraceStep } from '#shared/jobs/record/trace.ts';
import type { LedgerReader, StoredRecord } from '#shared/ledger/ports.ts';
import { chargeIdOf, holdIdOf, sharedOf } from './jobCost.ts';

const blockTime = async (
  record: StoredRecord,
  reader: LedgerReader,
): Promise<number | undefined> => {
  if (!('place' in record)) return undefined;
  return (await reader.block(record.place.lane, record.place.seq))?.at;
};

const heldStep = (record: JobRecord, found: StoredRecord | undefined): readonly TraceStep[] => {
  const { cost, settlement, history, createdAt } = record;
  const at = history.find(({ event }) => event === 'claimed')?.at ?? createdAt;
  const price = `${cost?.amount} ${cost?.unit} of ${cost?.payer}`;
  if (settlement && !settlement.final)
    return [{ at, event: 'held', text: `${price} taken from ${settlement.hold}` }];
  if (!found || !('hold' in found)) return [];
  const { state } = found.hold;
  const { parent } = found.hold;
  const source = parent === undefined ? '' : ` out of ${parent}`;
  const step = { at, event: 'held', text: `${price} held${source} (${found.id})` };
  const back = { at: record.updatedAt, event: 'released', text: `${price} given back: ${state}` };
  return state === 'released' || state === 'expired' ? [step, back] : [step];
};

/** The step for what is kept for children. */
const sharedSteps = ({ cost, settlement, updatedAt }: JobRecord): readonly TraceStep[] => {
  const amounts = settlement?.shares?.amounts ?? [];
  if (!settlement || amounts.length === 0) return [];
  const sum = sharedOf(settlement);
  const children = amounts.length === 1 ? '1 child' : `${amounts.length} children`;
  const text = `${sum} ${cost?.unit} of it kept for ${children}`;
  return [{ at: updatedAt, event: 'shared', text }];
};

/** Tells the rest: a host may cost less than the price of the job. */
const restText = ({ cost, settlement }: JobRecord): string => {
  if (!cost || settlement?.amount === undefined) return '';
  const rest = BigInt(cost.amount) - BigInt(settlement.amount) - sharedOf(settlement);
  return rest > 0n ? `; ${rest} ${cost.unit} given back` : '';
};

/**
 * The steps held, shared, released and posted, as far as they happened. Empty for a job that costs
 * nothing.
 * @throws UnreadableItemError LEDGER_ITEM_UNREADABLE when a record of the job cannot be read
 */
export const moneySteps = async (
  record: JobRecord,
  { reader }: { readonly reader: LedgerReader },
): Promise<readonly TraceStep[]> => {
  if (!record.cost) return [];
  const id = chargeIdOf(record);
  const hold = holdIdOf(record);
  const found = await reader.records([id, hold]);
  const posted = found.find((each) => each.id === id);
  const before = heldStep(
    record,
    found.find((each) => each.id === hold),
  );
  const held = [...before, ...sharedSteps(record)];
  if (!posted || !('transfer' in posted)) return held;
  const at = (await blockTime(posted, reader)) ?? record.updatedAt;
  const { moves } = posted.transfer;
  const paid = moves.map(({ from, to, amount }) => `${amount} from ${from} to ${to}`).join(', ');
  return [...held, { at, event: 'posted', text: `${paid} (${id})${restText(record)}` }];
};
