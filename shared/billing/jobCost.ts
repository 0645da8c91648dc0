/** What a job costs: held before it runs, posted with its completion, released otherwise. */

import { LEDGER_ACCOUNTS, MARGIN_PPM_DEFAULT, UNIT_DEFAULT } from '#shared/contracts/ledger.ts';
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import type { Cost, Draw, JobRecord, Settlement } from '#shared/jobs/record/record.ts';
import type { JobDeps } from '#shared/jobs/worker/disposition.ts';
import type { AttemptOutcome } from '#shared/jobs/worker/runHandler.ts';
import { doubled } from '#shared/kernel/backoff.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Funds } from './ports.ts';

export const costOf = ({ cost }: Envelope): Cost | undefined => {
  if (!cost) return undefined;
  const amount = String(cost.amount);
  if (cost.from !== 'parent') return { payer: cost.payer, unit: cost.unit ?? UNIT_DEFAULT, amount };
  if (!cost.draw) return undefined;
  const { payer, unit, ...draw } = cost.draw;
  return { payer, unit, amount, draw };
};

/** What the ledger is told of the end of a job. */
export type Priced = Pick<
  JobRecord,
  'id' | 'status' | 'createdAt' | 'updatedAt' | 'generation' | 'cost' | 'settlement'
>;

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

/** The charge that a transfer belongs to: one may take several, which are numbered. */
export const chargeIdIn = (transferId: string): string | undefined =>
  /^(job:.+:\d{13,}:\d+)(?::\d+)?$/.exec(transferId)?.[1];

/** @param ordinal of a child that is paid from what the job of this charge holds, from 1 */
export const shareHoldIdOf = (chargeId: string, ordinal: number): string =>
  `${chargeId}:${ordinal}:hold`;

/** Out of the parent's hold for the first run only: what that did not need has gone back. */
export const drawOf = ({
  cost,
  generation = 0,
}: Pick<Priced, 'cost' | 'generation'>): Draw | undefined =>
  generation === 0 ? cost?.draw : undefined;

/** The hold of this run of a job. */
export const holdIdOf = (
  record: Pick<Priced, 'id' | 'createdAt' | 'generation' | 'cost'>,
): string => drawOf(record)?.hold ?? `${chargeIdOf(record)}:hold`;

/** Who is paid when it was not the worker itself. */
export type Earned = Required<Pick<Settlement, 'payee' | 'marginPpm' | 'amount'>>;

interface Attempted {
  readonly record: JobRecord;
  readonly funds?: Funds | undefined;
  readonly earned?: Earned | undefined;
  readonly children: { readonly shares?: Settlement['shares'] | undefined };
}

const BY_WORKER = { payee: LEDGER_ACCOUNTS.worker, marginPpm: MARGIN_PPM_DEFAULT };

export const settlementOf = (
  { hold, final }: Funds,
  earned: Earned | undefined,
  shares: Settlement['shares'],
): Settlement => ({
  hold,
  final,
  ...(earned ?? BY_WORKER),
  ...(shares && { shares }),
});

/** What of the price goes to the job's children, in minor units. */
export const sharedOf = ({
  shares,
}: {
  readonly shares?: Settlement['shares'] | undefined;
}): bigint => (shares?.amounts ?? []).reduce((sum, amount) => sum + BigInt(amount), 0n);

/** What was held in vain is free for other jobs of the payer. */
export const returnFunds = (
  { record, funds, earned, children }: Attempted,
  completed: boolean,
): void => {
  if (!completed) funds?.giveBack();
  if (!completed || !earned) return;
  const { amount } = earned;
  const rest = BigInt(record.cost?.amount ?? 0) - BigInt(amount) - sharedOf(children);
  if (rest > 0n) funds?.giveBack(rest);
};

/** Longer and longer, but looked at a few times an hour. */
const waitMs = ({ snoozes = 0 }: JobRecord): number =>
  1_000 * doubled(LIMITS.fundsWaitSecondsMin, snoozes, LIMITS.fundsWaitSecondsMax);

export interface Paid {
  readonly funds?: Funds;
  readonly outcome?: AttemptOutcome;
}

/** Holds the price of an attempt; `outcome` instead of funds is how the attempt ends without a run. */
export const pay = async (
  record: JobRecord,
  { cost }: Envelope,
  { allocator, clock }: Pick<JobDeps, 'allocator' | 'clock'>,
): Promise<Paid> => {
  if (!record.cost) return {};
  const { payer, unit, amount } = record.cost;
  const price = { hold: holdIdOf(record), draw: drawOf(record), payer, unit };
  const taken = await allocator.take({ ...price, amount: BigInt(amount) });
  if (taken.kind === 'held') return { funds: taken.funds };
  if (taken.kind === 'unclear') {
    const until = clock.now() + LIMITS.faultDelaySeconds * 1_000;
    return { outcome: { kind: 'interrupted', until } };
  }
  const { code, message } = taken;
  const waits = cost?.from !== 'parent' && cost?.whenShort === 'wait';
  if (!waits) return { outcome: { kind: 'fail', fault: { code, message } } };
  const until = clock.now() + waitMs(record);
  return { outcome: { kind: 'snooze', until, reason: `${code}: ${message}` } };
};
