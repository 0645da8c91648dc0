/**
 * The task that a job gives to the hosts of the mesh. The host is written into the row before it is
 * asked, under the attempt's lease, so that another attempt asks the same host first. The job's
 * completion pays the host that did the task.
 */

import { type Earned, ownPriceOf, sharedOf } from '#shared/billing/jobCost.ts';
import { HOST_ACCOUNT_PREFIX } from '#shared/contracts/hosts.ts';
import { UNIT_DEFAULT } from '#shared/contracts/ledger.ts';
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { timesOf } from '#shared/jobs/flow/dependencies.ts';
import { PermanentError, RetryableError, Snooze } from '#shared/jobs/kinds/errors.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { appended } from '#shared/jobs/record/transitions.ts';
import { LeaseLostError } from '#shared/jobs/worker/attempt/abortReasons.ts';
import { leaseOf } from '#shared/jobs/worker/attempt/conclude.ts';
import type { JobDeps } from '#shared/jobs/worker/disposition.ts';
import { hostWaitMs } from '#shared/jobs/worker/waits/waitTimes.ts';
import { type Json, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import type { DispatchOutcome, HostTask, Task, Tenure } from './ports.ts';

/** What the task needs from its attempt. */
interface Terms {
  readonly signal: AbortSignal;
  /** End of the attempt, ms since the epoch. */
  readonly deadline: number;
}

export interface AttemptTask {
  run(task: Task, terms: Terms): Promise<Json | undefined>;
  /** Tells the task the new end of the attempt's lease, ms since the epoch. */
  extended(until: number): void;
  /** Resolves when no call is under way. */
  stop(): Promise<void>;
  /** The job with the history of its calls, and the host that did the task. */
  told(): { readonly record: JobRecord; readonly earned: Earned | undefined };
}

export type AttemptTaskDeps = Pick<JobDeps, 'store' | 'hosts' | 'clock' | 'random' | 'logger'>;

/** What every HTTP stack sends and reads as it is: ASCII without spaces around it. */
const HEADER_SAFE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Each attempt of a run has the same key; a job that was redriven is another run. The key goes into
 * a header: the hash of the id takes the place of an id that is no value of a header.
 */
const runKeyOf = ({ id, generation = 0 }: JobRecord): string => {
  const suffix = generation === 0 ? '' : `:${generation}`;
  const key = `${id}${suffix}`;
  const fits = HEADER_SAFE.test(key) && key.length <= LIMITS.idLengthMax;
  return fits ? key : `${sha256(id)}${suffix}`;
};

const priceText = (price: bigint, unit: string): string =>
  price === 0n ? ', for nothing' : `, for ${price} ${unit}`;

/** The calls of an attempt, as events of the job's history. */
const createCalls = (record: JobRecord, unit: string, { store, clock }: AttemptTaskDeps) => {
  let job = record;
  return {
    told: () => job,
    asking: async (host: string, price: bigint): Promise<void> => {
      const event = { at: clock.now(), event: 'dispatched', by: host } as const;
      const history = appended(job, { ...event, note: priceText(price, unit) });
      const outcome = await store.amend(leaseOf(record), { host, history });
      if (outcome.kind === 'lost') throw new LeaseLostError('the lease went to another attempt');
      job = { ...job, host, history };
    },
    answered: (detail: string): void => {
      const { history } = job;
      const last = history.at(-1);
      if (last?.event !== 'dispatched') return;
      const note = clipped(`${last.note ?? ''}: ${detail}`, LIMITS.errorMessageMax);
      job = { ...job, history: [...history.slice(0, -1), { ...last, note }] };
    },
  };
};

/**
 * The result of the host.
 *
 * @throws PermanentError, RetryableError or Snooze when no host did the task
 */
const conclude = (
  outcome: DispatchOutcome,
  record: JobRecord,
  envelope: Envelope,
  deps: AttemptTaskDeps,
): Extract<DispatchOutcome, { kind: 'done' }> => {
  switch (outcome.kind) {
    case 'done':
      return outcome;
    case 'refused':
      throw new PermanentError(outcome.message, { code: outcome.code });
    case 'failed':
      throw new RetryableError(outcome.reason, { code: 'HOSTS_FAILED' });
    case 'none': {
      const now = deps.clock.now();
      if (now >= timesOf(envelope, record.createdAt).deadline)
        throw new PermanentError(`${outcome.reason}; its deadline is over`, { code: 'NO_HOST' });
      const wait = hostWaitMs(record.snoozes ?? 0, outcome.soon, deps.random);
      throw new Snooze(now + wait, outcome.reason);
    }
  }
};

const ask = async (
  task: HostTask,
  tenure: Tenure,
  deps: AttemptTaskDeps,
): Promise<DispatchOutcome> => {
  try {
    return await deps.hosts.run(task, tenure);
  } catch (error) {
    tenure.signal.throwIfAborted();
    if (error instanceof LeaseLostError) throw error;
    deps.logger.warn('the mesh could not be asked', { jobId: task.jobId, error });
    const what = error instanceof Error ? error.name : String(error);
    return { kind: 'none', reason: `the mesh could not be asked: ${what}`, soon: false };
  }
};

/** The task of one attempt. A second task of the same attempt is refused. */
export const createAttemptTask = (
  record: JobRecord,
  envelope: Envelope,
  deps: AttemptTaskDeps,
): AttemptTask => {
  const { id: jobId, attempt, cost, traceHeader, host: before } = record;
  const unit = cost?.unit ?? UNIT_DEFAULT;
  const calls = createCalls(record, unit, deps);
  const listeners = new Set<() => void>();
  let until = record.leaseUntil ?? 0;
  let asked: Promise<DispatchOutcome> | undefined;
  let earned: Earned | undefined;

  const tenureOf = (signal: AbortSignal): Tenure => ({
    signal,
    until: () => until,
    onExtended: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...calls,
  });

  return {
    run: async ({ kind, input = null, tags = [] }, { signal, deadline }) => {
      const code = 'DISPATCHED_TWICE';
      if (asked !== undefined) throw new PermanentError('a job has one task', { code });
      const task = { jobId, idempotencyKey: runKeyOf(record), kind, input, tags, attempt };
      const budget = ownPriceOf(cost, sharedOf(record));
      const terms = { deadline, traceHeader, before, unit, budget };
      asked = ask({ ...task, ...terms }, tenureOf(signal), deps);
      const { host, price, marginPpm, result } = conclude(await asked, record, envelope, deps);
      earned = { payee: `${HOST_ACCOUNT_PREFIX}${host}`, amount: String(price), marginPpm };
      return result;
    },
    stop: async () => {
      await asked?.catch(() => undefined);
    },
    extended: (next) => {
      until = next;
      for (const listener of listeners) listener();
    },
    told: () => ({ record: calls.told(), earned }),
  };
};
