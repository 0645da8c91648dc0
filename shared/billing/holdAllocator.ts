/**
 * Places holds for jobs. Jobs that come together are held together. A payer with very many jobs
 * gets an allowance: one hold from which this environment pays many jobs by itself. So the jobs do
 * not all wait for the item of the payer's balance. The rest of an allowance goes back when the
 * allowance expires.
 */
import type { ChildHold } from '#shared/jobs/record/record.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Ids } from '#shared/kernel/ports.ts';
import { isDone, type Outcome } from '#shared/ledger/core/types.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import type { HoldAllocator, JobFunds, Price } from './ports.ts';

type Taken = Awaited<ReturnType<HoldAllocator['take']>>;

/** What {@link createHoldAllocator} needs. */
export interface HoldAllocatorDeps {
  readonly ledger: Pick<Ledger, 'holdMany'>;
  readonly clock: Clock;
  readonly ids: Ids;
}

interface Asked {
  readonly price: Price;
  tell(taken: Taken): void;
}

interface Allowance {
  readonly id: string;
  left: bigint;
  /** No job is paid from the allowance from this time on, ms since the epoch. */
  readonly until: number;
}

/** What this environment knows of one payer. */
interface Customer {
  asked: Asked[];
  busy: boolean;
  /** Times of requests within the window, ms since the epoch: they tell who has many jobs. */
  recent: number[];
  allowance: Allowance | undefined;
}

const REFUSALS: Readonly<Record<string, string>> = {
  exceeds_credits: 'INSUFFICIENT_FUNDS',
  account_not_found: 'PAYER_UNKNOWN',
  account_closed: 'PAYER_CLOSED',
};

const isGone = ({ code }: Outcome): boolean =>
  code.startsWith('pending_') ||
  code === 'exceeds_pending_amount' ||
  code === 'expiry_out_of_range';

/**
 * An earlier attempt of the run placed the hold: with another expiry, or on the account instead.
 */
const PLACED_BEFORE: readonly Outcome['code'][] = [
  'exists_with_different_expiry',
  'exists_with_different_hold',
];

const NOTHING = (): void => undefined;
const held = (hold: string, final: boolean, giveBack: JobFunds['giveBack'] = NOTHING): Taken => ({
  kind: 'held',
  funds: { hold, final, giveBack } satisfies JobFunds,
});

const takenOf = (hold: string, outcome: Outcome | undefined): Taken => {
  if (!outcome || outcome.code === 'unknown') return { kind: 'unclear' };
  if (isDone(outcome) || PLACED_BEFORE.includes(outcome.code)) return held(hold, true);
  const code = REFUSALS[outcome.code] ?? 'HOLD_REFUSED';
  return {
    kind: 'short',
    code,
    message: `${outcome.code}${outcome.detail ? `: ${outcome.detail}` : ''}`,
  };
};

/**
 * Makes the allocator of one environment. Allowances are in memory: another environment of the same
 * function has others.
 */
export const createHoldAllocator = ({ ledger, clock, ids }: HoldAllocatorDeps): HoldAllocator => {
  const customers = new Map<string, Customer>();

  const spend = (allowance: Allowance, amount: bigint): Taken => {
    allowance.left -= amount;
    return held(allowance.id, false, (rest = amount) => {
      allowance.left += rest;
    });
  };

  const usable = ({ allowance }: Customer, amount: bigint): Allowance | undefined =>
    allowance && allowance.left >= amount && clock.now() < allowance.until ? allowance : undefined;

  const hasMany = (customer: Customer): boolean => {
    const since = clock.now() - LIMITS.allowanceWindowMs;
    customer.recent = customer.recent.filter((at) => at > since);
    return customer.recent.length >= LIMITS.allowanceFromJobs;
  };

  /**
   * Holds an allowance for `allowanceJobs` jobs like this one. When refused, each job has its hold.
   */
  const allow = async (customer: Customer, { payer, unit, amount }: Price): Promise<void> => {
    const id = `allowance:${ids.next()}`;
    const until = clock.now() + LIMITS.allowanceSeconds * 1_000;
    const expiresAt = until + LIMITS.allowanceGraceSeconds * 1_000;
    const sum = amount * BigInt(LIMITS.allowanceJobs);
    const [outcome] = await ledger.holdMany([{ id, unit, from: payer, amount: sum, expiresAt }]);
    if (outcome && isDone(outcome)) customer.allowance = { id, left: sum, until };
  };

  const holdEach = async (asked: readonly Asked[]): Promise<void> => {
    const [first] = asked;
    if (!first) return;
    const expiresAt = clock.now() + LIMITS.holdSecondsMax * 1_000;
    const requests = asked.map(({ price: { hold, unit, payer, amount } }) => ({
      id: hold,
      unit,
      from: payer,
      amount,
      expiresAt,
    }));
    const outcomes = await ledger.holdMany(requests);
    asked.forEach(({ price, tell }, index) => {
      tell(takenOf(price.hold, outcomes[index]));
    });
  };

  const serve = async (customer: Customer): Promise<void> => {
    customer.busy = true;
    while (customer.asked.length > 0) {
      const asked = customer.asked.splice(0);
      const first = asked.find(({ price }) => !price.own);
      if (first && hasMany(customer) && !usable(customer, first.price.amount))
        await allow(customer, first.price);
      const rest = asked.filter(({ price, tell }) => {
        const allowance = price.own ? undefined : usable(customer, price.amount);
        if (allowance) tell(spend(allowance, price.amount));
        return !allowance;
      });
      await holdEach(rest);
    }
    customer.busy = false;
  };

  const ask = (price: Price): Promise<Taken> =>
    new Promise((tell, reject) => {
      const name = `${price.unit}#${price.payer}`;
      const known = customers.get(name);
      const customer = known ?? { asked: [], busy: false, recent: [], allowance: undefined };
      customers.set(name, customer);
      if (!price.own) customer.recent.push(clock.now());
      customer.asked.push({ price, tell });
      if (!customer.busy) serve(customer).catch(reject);
    });

  const draw = async (price: Price, { hold, of, until }: ChildHold): Promise<Taken> => {
    const { unit, payer: from, amount } = price;
    const request = { id: hold, unit, from, amount, expiresAt: until, parent: of };
    const [outcome] = await ledger.holdMany([request]);
    // The parent's hold is gone, or its time is over: the payer then pays as for any other job.
    return outcome && isGone(outcome) ? ask(price) : takenOf(hold, outcome);
  };

  return { take: (price) => (price.draw ? draw(price, price.draw) : ask(price)) };
};
