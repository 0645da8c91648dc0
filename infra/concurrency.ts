/**
 * How many executions of each function may run at once. What the account has for all of them is not
 * known when the stack is synthesized: the setting `account` says it.
 */
import * as v from 'valibot';
import { RESERVED } from '#shared/contracts/functions.ts';
import { PRIORITIES, type Priority } from '#shared/contracts/queues.ts';
import { wholeBetween } from './rules.ts';

/** AWS's range for an event source mapping of a queue. */
export const CONCURRENCY = wholeBetween(2, 1_000);

/** Executions by priority; absent ones are as the account allows. */
export const priorities = v.pipe(
  v.strictObject(
    {
      critical: v.exactOptional(CONCURRENCY),
      high: v.exactOptional(CONCURRENCY),
      normal: v.exactOptional(CONCURRENCY),
      low: v.exactOptional(CONCURRENCY),
    },
    ({ expected }) =>
      expected === 'never'
        ? `is no priority: there are ${PRIORITIES.join(', ')}`
        : 'must be an object of priorities',
  ),
  v.readonly(),
);

export interface Concurrency {
  /** Of the worker, by queue. */
  readonly jobs: Readonly<Record<Priority, number>>;
  /** Of the reporter. */
  readonly results: number;
  /** Of the settler. */
  readonly postings: number;
  /** Of the prober. */
  readonly probes: number;
  /** Of the relay, for each shard of the stream of jobs. */
  readonly endsPerShard: number;
  /**
   * Executions that no other function can take, and the most that these functions get. Functions
   * with URLs need the upper limit: their callers may be many, and are not ours.
   */
  readonly reserved?: typeof RESERVED;
}

export const ACCOUNTS = ['small', 'any', 'large'] as const;
type Account = (typeof ACCOUNTS)[number];

const ANY: Concurrency = {
  jobs: { critical: 20, high: 20, normal: 10, low: 5 },
  results: 10,
  postings: RESERVED.settler,
  probes: 120,
  endsPerShard: 4,
};

const BY_ACCOUNT: Readonly<Record<Account, Concurrency>> = {
  // Two is the least that AWS lets a mapping have. The worker, which alone may run for minutes, can
  // then take eight of ten executions: two are left for the functions that run for seconds.
  small: {
    jobs: { critical: 2, high: 2, normal: 2, low: 2 },
    results: 2,
    postings: 2,
    probes: 2,
    endsPerShard: 1,
  },
  any: ANY,
  // The settler has as many as its mapping asks for: with less, messages would come back unread.
  // A late tick of the timekeeper may overlap with the next one. At 50 ms a request, ten of a function
  // with a URL answer 200 requests a second; those beyond get status 429 from Lambda and take nothing
  // from the worker.
  large: { ...ANY, reserved: RESERVED },
};

interface Settings {
  readonly account: Account;
  readonly maxConcurrency: Partial<Readonly<Record<Priority, number>>>;
  readonly proberConcurrency?: number;
}

/** What the account allows, and what is set by itself, which goes before. */
export const concurrencyOf = (settings: Settings): Concurrency => {
  const { account, maxConcurrency, proberConcurrency } = settings;
  const allowed = BY_ACCOUNT[account];
  return {
    ...allowed,
    jobs: { ...allowed.jobs, ...maxConcurrency },
    probes: proberConcurrency ?? allowed.probes,
  };
};
