/** Shares: amounts for children, taken out of the hold of their parent. */
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { EnqueueError } from '#shared/jobs/kinds/errors.ts';
import type { JobRecord, Settlement } from '#shared/jobs/record/record.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { chargeIdOf, shareHoldIdOf } from './jobCost.ts';
import type { JobFunds } from './ports.ts';

type Price = NonNullable<Envelope['cost']>;

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
  /** The shares that were taken; undefined when none was. */
  all(): Settlement['shares'];
}

/** Makes the shares of a parent. @param funds absent: the parent holds nothing */
export const createShares = (parent: JobRecord, funds: JobFunds | undefined): Shares => {
  const amounts: string[] = [];
  const until = parent.updatedAt + LIMITS.holdSecondsMax * 1_000;
  let left = BigInt(parent.cost?.amount ?? 0);
  return {
    priced: (cost) => {
      if (cost.from !== 'parent') return cost;
      if (!parent.cost || !funds)
        throw new EnqueueError('NO_PARENT_HOLD', 'cost.from: this job costs and holds nothing');
      const { payer, unit } = parent.cost;
      const hold = shareHoldIdOf(chargeIdOf(parent), amounts.length + 1);
      const draw = { payer, unit, hold, of: funds.hold, until };
      return { from: 'parent', amount: cost.amount, draw };
    },
    take: (cost) => {
      if (cost?.from !== 'parent') return;
      const amount = BigInt(cost.amount);
      const max = LIMITS.paidChildrenMax;
      if (amounts.length >= max)
        throw new EnqueueError('PAID_CHILDREN_MAX', `a job pays for at most ${max} children`);
      if (amount <= 0n || amount > left)
        throw new EnqueueError(
          'PARENT_HOLD_TOO_SMALL',
          `cost.amount: ${amount}, but ${left} are left of what this job holds`,
        );
      left -= amount;
      amounts.push(String(amount));
    },
    all: () => (amounts.length > 0 ? { amounts, until } : undefined),
  };
};
