/** What a job's price went through, as steps of its trace. */
import { chargeIdOf, holdIdOf } from '#shared/jobs/cost.ts';
import type { JobRecord } from '#shared/jobs/record.ts';
import type { TraceStep } from '#shared/jobs/trace.ts';
import type { LedgerReader, StoredRecord } from './ports.ts';
import type { LedgerSystem } from './system.ts';

const blockTime = async (
  record: StoredRecord,
  reader: LedgerReader,
): Promise<number | undefined> => {
  if (!('place' in record)) return undefined;
  const { lane, seq } = record.place;
  for await (const [block] of reader.blocks(lane, seq - 1)) return block?.at;
  return undefined;
};

const heldStep = (record: JobRecord, found: StoredRecord | undefined): readonly TraceStep[] => {
  const { cost, settlement, history, createdAt } = record;
  const at = history.find(({ event }) => event === 'claimed')?.at ?? createdAt;
  const price = `${cost?.amount} ${cost?.unit} of ${cost?.payer}`;
  if (settlement && !settlement.final)
    return [{ at, event: 'held', text: `${price} taken from ${settlement.hold}` }];
  if (!found || !('hold' in found)) return [];
  const { state } = found.hold;
  const step = { at, event: 'held', text: `${price} held (${found.id})` };
  const back = { at: record.updatedAt, event: 'released', text: `${price} given back: ${state}` };
  return state === 'released' || state === 'expired' ? [step, back] : [step];
};

/** A host may cost less than the job would pay. */
const restText = ({ cost, settlement }: JobRecord): string => {
  if (!cost || settlement?.amount === undefined) return '';
  const rest = BigInt(cost.amount) - BigInt(settlement.amount);
  return rest > 0n ? `; ${rest} ${cost.unit} given back` : '';
};

/** Empty for a job that costs nothing. */
export const moneySteps = async (
  record: JobRecord,
  { reader }: Pick<LedgerSystem, 'reader'>,
): Promise<readonly TraceStep[]> => {
  if (!record.cost) return [];
  const id = chargeIdOf(record);
  const found = await reader.records([id, holdIdOf(id)]);
  const posted = found.find((each) => each.id === id);
  const held = heldStep(
    record,
    found.find((each) => each.id === holdIdOf(id)),
  );
  if (!posted || !('transfer' in posted)) return held;
  const at = (await blockTime(posted, reader)) ?? record.updatedAt;
  const { moves } = posted.transfer;
  const paid = moves.map(({ from, to, amount }) => `${amount} from ${from} to ${to}`).join(', ');
  return [...held, { at, event: 'posted', text: `${paid} (${id})${restText(record)}` }];
};
