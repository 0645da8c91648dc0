/** The price of a job: held before a run, posted when the job completes, else released. */
import { LEDGER_ACCOUNTS, MARGIN_PPM_DEFAULT, UNIT_DEFAULT } from '#shared/contracts/ledger.ts';
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import type {
  ChildHold,
  Cost,
  HeldShares,
  JobRecord,
  Settlement,
} from '#shared/jobs/record/record.ts';
import type { AttemptOutcome } from '#shared/jobs/worker/attempt/runHandler.ts';
import type { JobDeps } from '#shared/jobs/worker/disposition.ts';
import { doubled } from '#shared/kernel/backoff.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { JobFunds } from './ports.ts';

/**
 * The price that an envelope asks for, with `UNIT_DEFAULT` where it names no unit. Undefined: no
 * price.
 */
export const costOf = ({ cost }: Envelope): Cost | undefined => {
  if (!cost) return undefined;
  const amounts = {
    amount: String(cost.amount),
    ...(cost.budget !== undefined && { budget: String(cost.budget) }),
  };
  if (cost.from !== 'parent')
    return { payer: cost.payer, unit: cost.unit ?? UNIT_DEFAULT, ...amounts };
  if (!cost.draw) return undefined;
  const { payer, unit, ...draw } = cost.draw;
  return { payer, unit, ...amounts, draw };
};

/** What is held for a job, in minor units: its price, and its budget for other jobs. */
export const heldAmountOf = ({
  amount,
  budget = 0,
}: {
  readonly amount: string | number;
  readonly budget?: string | number | undefined;
}): bigint => BigInt(amount) + BigInt(budget);

/** The price of a job itself, in minor units, once so much of what is held was given to others. */
export const ownPriceOf = (cost: Cost | undefined, shared: bigint): bigint => {
  if (!cost) return 0n;
  const price = BigInt(cost.amount);
  const left = heldAmountOf(cost) - shared;
  return left < price ? left : price;
};

/** The fields of a job that its charge depends on. */
export type Priced = Pick<
  JobRecord,
  'id' | 'status' | 'createdAt' | 'updatedAt' | 'generation' | 'cost' | 'settlement'
>;

/**
 * The id of the charge of a run in the ledger. Each generation has another id. A later job with the
 * same id, after the record of the first job is gone, has another id, too.
 */
export const chargeIdOf = ({
  id,
  createdAt,
  generation = 0,
}: Pick<JobRecord, 'id' | 'createdAt' | 'generation'>): string => {
  const name = byteLength(id) <= LIMITS.chargeNameBytesMax ? id : sha256(id);
  return `job:${name}:${createdAt}:${generation}`;
};

/**
 * The id of the charge that a transfer belongs to: a charge may take several numbered transfers.
 */
export const chargeIdIn = (transferId: string): string | undefined =>
  /^(job:.+:\d{13,}:\d+)(?::\d+)?$/.exec(transferId)?.[1];

/**
 * The id of the hold for a child that is paid from the hold of this charge.
 * @param ordinal of the child among the paid children, from 1
 */
export const shareHoldIdOf = (chargeId: string, ordinal: number): string =>
  `${chargeId}:${ordinal}:hold`;

/**
 * The id of the hold for a job that this one calls, and pays for from the hold of this charge.
 * @param ordinal of the call among the paid calls, from 1
 */
export const callHoldIdOf = (chargeId: string, ordinal: number): string =>
  `${chargeId}:call:${ordinal}:hold`;

/** The draw on the parent's hold, for the first run only: its rest has gone back after that run. */
export const drawOf = ({
  cost,
  generation = 0,
}: Pick<Priced, 'cost' | 'generation'>): ChildHold | undefined =>
  generation === 0 ? cost?.draw : undefined;

/** The id of the hold of this run of a job. */
export const holdIdOf = (
  record: Pick<Priced, 'id' | 'createdAt' | 'generation' | 'cost'>,
): string => drawOf(record)?.hold ?? `${chargeIdOf(record)}:hold`;

/** Who is paid, where the payee is not the worker itself. */
export type Earned = Required<Pick<Settlement, 'payee' | 'marginPpm' | 'amount'>>;

interface Attempted {
  readonly record: JobRecord;
  readonly funds?: JobFunds | undefined;
  readonly earned?: Earned | undefined;
  readonly children: { readonly shares?: HeldShares | undefined };
}

const BY_WORKER = { payee: LEDGER_ACCOUNTS.worker, marginPpm: MARGIN_PPM_DEFAULT };

/** The part of what is held that goes to other jobs, in minor units. */
export const sharedOf = ({ shares }: { readonly shares?: HeldShares | undefined }): bigint =>
  (shares?.amounts ?? []).reduce((sum, amount) => sum + BigInt(amount), 0n);

/**
 * The settlement of a completed run.
 * @param earned absent: the account of the worker is paid
 * @param shares for the children of the job
 */
export const settlementOf = (
  { hold, final }: JobFunds,
  record: Pick<JobRecord, 'cost' | 'shares'>,
  earned: Earned | undefined,
  shares: HeldShares | undefined,
): Settlement => {
  const { cost } = record;
  const own = String(ownPriceOf(cost, sharedOf(record) + sharedOf({ shares })));
  // Without a budget and without calls, all that is left is the price.
  const isTold = cost?.budget !== undefined || record.shares !== undefined;
  return {
    hold,
    final,
    ...BY_WORKER,
    ...(isTold && { amount: own }),
    ...earned,
    ...(shares && { shares }),
  };
};

/**
 * Gives back what the run did not need, so that other jobs of the payer can use it: everything when
 * the run did not complete, else the rest that a cheaper host left.
 */
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

/** How long a job waits for funds, in ms. The wait doubles up to `fundsWaitSecondsMax`. */
const waitMs = ({ snoozes = 0 }: JobRecord): number =>
  1_000 * doubled(LIMITS.fundsWaitSecondsMin, snoozes, LIMITS.fundsWaitSecondsMax);

/** Neither field for a job that costs nothing. */
export interface Paid {
  readonly funds?: JobFunds;
  readonly outcome?: AttemptOutcome;
}

/**
 * Holds the price of an attempt. When `outcome` is set, the attempt ends so, without a run.
 * @param own whether the job needs a hold of its own, because other jobs are paid from it
 */
export const pay = async (
  record: JobRecord,
  { cost }: Envelope,
  { allocator, clock }: Pick<JobDeps, 'allocator' | 'clock'>,
  own = record.cost?.budget !== undefined || record.shares !== undefined,
): Promise<Paid> => {
  if (!record.cost) return {};
  const { payer, unit } = record.cost;
  const price = { hold: holdIdOf(record), draw: drawOf(record), payer, unit, own };
  const taken = await allocator.take({ ...price, amount: heldAmountOf(record.cost) });
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
