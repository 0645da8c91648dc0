/** Shares: amounts for other jobs, taken out of the hold of the job that sends or calls them. */
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { EnqueueError } from '#shared/jobs/kinds/errors.ts';
import type { HeldShares, JobRecord } from '#shared/jobs/record/record.ts';
import { assert } from '#shared/kernel/assert.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import {
  callHoldIdOf,
  chargeIdOf,
  heldAmountOf,
  holdIdOf,
  sharedOf,
  shareHoldIdOf,
} from './jobCost.ts';
import type { JobFunds } from './ports.ts';

type Price = NonNullable<Envelope['cost']>;
type ParentPrice = Extract<Price, { from: 'parent' }>;

/** The jobs that are called when a run stops. */
export interface Called {
  readonly calls: readonly Envelope[];
  /** The parts for all jobs that were called so far; undefined when the job pays for none of these. */
  readonly shares: HeldShares | undefined;
}

/** The shares of one run of a parent. */
export interface Shares {
  /**
   * The price as the envelope of the child tells it.
   * @throws EnqueueError NO_PARENT_HOLD when the parent holds nothing
   */
  priced(cost: Price): Price;
  /**
   * Takes the price of a child that will be sent out of what the parent holds.
   * @throws EnqueueError PAID_CHILDREN_MAX, PARENT_HOLD_TOO_SMALL
   */
  take(cost: Price | undefined): void;
  /**
   * Promises the price of a job that will be called.
   * @throws EnqueueError PAID_CHILDREN_MAX, BUDGET_EXCEEDED
   */
  grant(cost: Price | undefined): void;
  /** Numbers the shares of the jobs that are called indeed: a call that lost a race takes none. */
  called(prepared: readonly Envelope[]): Called;
  /** The shares that children took; undefined when none did. */
  all(): HeldShares | undefined;
}

/** The price of a job that its parent pays; undefined for any other. */
const partOf = (cost: Price | undefined): ParentPrice | undefined =>
  cost?.from === 'parent' ? cost : undefined;

/** Makes the shares of a parent that has a price. */
export const createShares = (parent: JobRecord, funds: Pick<JobFunds, 'hold'>): Shares => {
  const { cost } = parent;
  assert(cost, 'who holds funds has a price');
  const { payer, unit } = cost;
  const before = parent.shares?.amounts ?? [];
  const until = parent.updatedAt + LIMITS.holdSecondsMax * 1_000;
  const taken: string[] = [];
  let granted = 0;
  let left = heldAmountOf(cost) - sharedOf(parent);

  const drawn = (part: ParentPrice, hold: string, of: string): Price => ({
    ...part,
    draw: { payer, unit, hold, of, until },
  });
  const spend = (amount: bigint, code: string): void => {
    const max = LIMITS.paidChildrenMax;
    if (before.length + taken.length + granted >= max)
      throw new EnqueueError('PAID_CHILDREN_MAX', `a job pays for at most ${max} children`);
    if (amount <= 0n || amount > left)
      throw new EnqueueError(
        code,
        `cost.amount: ${amount}, but ${left} are left of what this job holds`,
      );
    left -= amount;
  };
  return {
    priced: (price) => {
      const part = partOf(price);
      const hold = shareHoldIdOf(chargeIdOf(parent), taken.length + 1);
      return part ? drawn(part, hold, funds.hold) : price;
    },
    take: (price) => {
      const part = partOf(price);
      if (!part) return;
      const amount = heldAmountOf(part);
      spend(amount, 'PARENT_HOLD_TOO_SMALL');
      taken.push(String(amount));
    },
    grant: (price) => {
      const part = partOf(price);
      if (!part) return;
      spend(heldAmountOf(part), 'BUDGET_EXCEEDED');
      granted += 1;
    },
    called: (prepared) => {
      const amounts = [...before];
      const calls = prepared.map((call) => {
        const part = partOf(call.cost);
        if (!part) return call;
        amounts.push(String(heldAmountOf(part)));
        const hold = callHoldIdOf(chargeIdOf(parent), amounts.length);
        return { ...call, cost: drawn(part, hold, holdIdOf(parent)) };
      });
      return { calls, shares: amounts.length > before.length ? { amounts, until } : undefined };
    },
    all: () => (taken.length > 0 ? { amounts: taken, until } : undefined),
  };
};
