/** What a job costs: held before it runs, posted with its completion, released otherwise. */
import { LEDGER_ACCOUNTS, MARGIN_PPM_DEFAULT, UNIT_DEFAULT } from '#shared/contracts/ledger.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { AttemptOutcome } from './attempt.ts';
import type { JobDeps } from './disposition.ts';
import type { Envelope } from './envelope.ts';
import type { Funds } from './money.ts';
import type { Cost, JobRecord, Settlement } from './record.ts';

export const costOf = ({ cost }: Envelope): Cost | undefined =>
  cost && { payer: cost.payer, unit: cost.unit ?? UNIT_DEFAULT, amount: String(cost.amount) };

/**
 * The id of a run's charge in the ledger: another one for each generation, and for another job that
 * has the id after the first is forgotten.
 */
export const chargeIdOf = ({
  id,
  createdAt,
  generation = 0,
}: Pick<JobRecord, 'id' | 'createdAt' | 'generation'>): string => {
  const name = byteLength(id) <= LIMITS.chargeNameBytesMax ? id : sha256(id);
  return `job:${name}:${createdAt}:${generation}`;
};

export const holdIdOf = (chargeId: string): string => `${chargeId}:hold`;

/** Who is paid when it was not the worker itself. */
export type Earned = Required<Pick<Settlement, 'payee' | 'marginPpm' | 'amount'>>;

const BY_WORKER = { payee: LEDGER_ACCOUNTS.worker, marginPpm: MARGIN_PPM_DEFAULT };

export const settlementOf = ({ hold, final }: Funds, earned: Earned | undefined): Settlement => ({
  hold,
  final,
  ...(earned ?? BY_WORKER),
});

/** What was held in vain is free for other jobs of the payer. */
export const returnFunds = (
  {
    funds,
    earned,
    record,
  }: { record: JobRecord; funds?: Funds | undefined; earned?: Earned | undefined },
  completed: boolean,
): void => {
  if (!completed) funds?.giveBack();
  else if (earned) funds?.giveBack(BigInt(record.cost?.amount ?? 0) - BigInt(earned.amount));
};

/** Longer and longer, but looked at a few times an hour. */
const waitMs = ({ snoozes = 0 }: JobRecord): number =>
  1_000 *
  Math.min(LIMITS.fundsWaitSecondsMax, LIMITS.fundsWaitSecondsMin * 2 ** Math.min(snoozes, 16));

/** Holds the price of an attempt; `outcome` instead of funds is how the attempt ends without a run. */
export const pay = async (
  record: JobRecord,
  { cost }: Envelope,
  { purse, clock }: Pick<JobDeps, 'purse' | 'clock'>,
): Promise<{ readonly funds?: Funds; readonly outcome?: AttemptOutcome }> => {
  if (!record.cost) return {};
  const { payer, unit, amount } = record.cost;
  const price = { id: chargeIdOf(record), payer, unit, amount: BigInt(amount) };
  const taken = await purse.take(price);
  if (taken.kind === 'held') return { funds: taken.funds };
  if (taken.kind === 'unclear') {
    const until = clock.now() + LIMITS.faultDelaySeconds * 1_000;
    return { outcome: { kind: 'interrupted', until } };
  }
  const { code, message } = taken;
  if (cost?.whenShort !== 'wait') return { outcome: { kind: 'fail', fault: { code, message } } };
  const until = clock.now() + waitMs(record);
  return { outcome: { kind: 'snooze', until, reason: `${code}: ${message}` } };
};
