/** The history of the price of a job, as steps of the trace. */
import type { HeldShares, JobRecord } from '#shared/jobs/record/record.ts';
import type { TraceStep } from '#shared/jobs/record/trace.ts';
import type { LedgerReader, StoredRecord } from '#shared/ledger/ports.ts';
import { chargeIdOf, heldAmountOf, holdIdOf, sharedOf } from './jobCost.ts';

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
  const price = cost ? `${heldAmountOf(cost)} ${cost.unit} of ${cost.payer}` : '';
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

const keptFor = (
  shares: HeldShares | undefined,
  unit: string | undefined,
  [one, many]: readonly [string, string],
): readonly string[] => {
  const jobs = shares?.amounts.length ?? 0;
  const whose = jobs === 1 ? one : many;
  return jobs === 0 ? [] : [`${sharedOf({ shares })} ${unit} of it kept for ${jobs} ${whose}`];
};

/** The steps for what is kept for called jobs and for children. */
const sharedSteps = ({ cost, shares, settlement, updatedAt }: JobRecord): readonly TraceStep[] => {
  const called = keptFor(shares, cost?.unit, ['called job', 'called jobs']);
  const children = keptFor(settlement?.shares, cost?.unit, ['child', 'children']);
  return [...called, ...children].map((text) => ({ at: updatedAt, event: 'shared', text }));
};

/** Tells the rest: a host may cost less than the price of the job. */
const restText = ({ cost, shares, settlement }: JobRecord): string => {
  if (!cost || settlement?.amount === undefined) return '';
  const used = BigInt(settlement.amount) + sharedOf(settlement) + sharedOf({ shares });
  const rest = heldAmountOf(cost) - used;
  return rest > 0n ? `; ${rest} ${cost.unit} given back` : '';
};

/**
 * The steps held, shared, released and posted, as far as they happened. Empty for a job that costs
 * nothing.
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
