/** Writes down how an attempt ended: one fenced transition, then the message's disposition. */

import { type Earned, pay, settlementOf } from '#shared/billing/jobCost.ts';
import type { JobFunds } from '#shared/billing/ports.ts';
import { RESULT_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { mayNameFollowUps } from '#shared/legacy/chains/namesFollowUps.ts';
import type { Envelope } from '../../envelope/envelope.ts';
import { type RetryPolicy, retryDelaySeconds } from '../../envelope/retryPolicy.ts';
import type { JobDefinition } from '../../kinds/defineJob.ts';
import type { Blobs, Delivery } from '../../ports/jobs.ts';
import type { JobError, JobRecord, Lease } from '../../record/record.ts';
import { completed, postponed, retrying, type Transition } from '../../record/transitions.ts';
import type { Unwind } from '../../steps/kept.ts';
import type { Suspension } from '../../steps/run.ts';
import type { Decision, Disposition, Fate, JobDeps } from '../disposition.ts';
import { deferOrPark } from '../waits/park.ts';
import type { Children } from './childJobs.ts';
import { bury, conclude, endCancelled, leaseOf } from './conclude.ts';
import type { AttemptOutcome, Fault } from './runHandler.ts';

/** An attempt that has ended, with everything that its end needs to be written. */
export interface Ended {
  readonly record: JobRecord;
  readonly envelope: Envelope;
  readonly definition: JobDefinition;
  readonly delivery: Delivery;
  readonly policy: RetryPolicy;
  readonly children: Children;
  readonly funds?: JobFunds | undefined;
  /** What the host that did the work earns; undefined when the worker did the work. */
  readonly earned?: Earned | undefined;
  /** Whether steps must be taken back before the job may end without completing. */
  readonly owes: boolean;
}

const keepResult = async (
  result: string | undefined,
  lease: Lease,
  blobs: Blobs,
): Promise<{ result?: string; resultRef?: string }> => {
  if (result === undefined) return {};
  if (byteLength(result) <= LIMITS.resultInlineBytesMax) return { result };
  const resultRef = `${RESULT_PREFIX}${sha256(lease.id)}/${lease.leaseId}.json`;
  await blobs.put(resultRef, result);
  return { resultRef };
};

type Watch = (disposition: Disposition) => Promise<Disposition>;

/**
 * Writes how the job waits. When a person has asked the job to end meanwhile, the job ends.
 * @param watch called once the wait is written
 */
const goOnLater = async (
  ended: Ended,
  change: Transition,
  fate: Fate & { readonly as: Decision; readonly code?: string },
  deps: JobDeps,
  watch: Watch = (disposition) => Promise.resolve(disposition),
): Promise<Disposition> => {
  const { owes, record } = ended;
  const owing = { ...change, set: { ...change.set, ...(owes && { owes }) } };
  let isAsked = false;
  const disposition = await conclude(record, owing, fate, deps, (request) => {
    isAsked = true;
    return finishAttempt(ended, { kind: 'cancelled', request }, deps);
  });
  return isAsked || disposition.as === 'lost' ? disposition : watch(disposition);
};

const retry = async (
  ended: Ended,
  { fault, afterSeconds }: Extract<AttemptOutcome, { kind: 'retry' }>,
  deps: JobDeps,
): Promise<Disposition> => {
  const { record, delivery, policy } = ended;
  const now = deps.clock.now();
  const delay = afterSeconds ?? retryDelaySeconds(policy, record.attempt, deps.random);
  const seconds = Math.ceil(delay);
  const { held, fate } = await deferOrPark(now + seconds * 1_000, record.id, delivery, deps);
  const error: JobError = { ...fault, attempt: record.attempt, at: now };
  const change = retrying(record, now, error, held);
  return goOnLater(ended, change, { ...fate, as: 'retrying', code: fault.code }, deps);
};

const postpone = async (
  ended: Ended,
  as: 'snoozed' | 'interrupted',
  until: number,
  deps: JobDeps,
  note?: string,
): Promise<Disposition> => {
  const { record, delivery } = ended;
  const now = deps.clock.now();
  const dueAt = Math.min(Math.max(until, now), now + LIMITS.horizonSecondsMax * 1_000);
  const { held, fate } = await deferOrPark(dueAt, record.id, delivery, deps);
  const change = postponed(record, now, as, held, note);
  return goOnLater(ended, change, { ...fate, as }, deps);
};

const suspend = async (
  ended: Ended,
  { wait, calls: prepared }: Suspension,
  deps: JobDeps,
): Promise<Disposition> => {
  const { record, envelope, delivery, definition, children, funds, owes } = ended;
  const { calls, shares } = children.called(prepared);
  // The job's part of an allowance goes back when the run stops, so called jobs need a hold that
  // outlasts the wait.
  const paid = shares && !funds?.final ? await pay(record, envelope, deps, true) : {};
  if (paid.outcome) return finishAttempt(ended, paid.outcome, deps);
  const { planSuspension } = await import('../stepJobs/stepwise.ts');
  const of = { owes, version: definition.version, shares };
  const stopped = { wait, calls };
  const { change, fate, watch } = await planSuspension(record, stopped, of, delivery, deps);
  return goOnLater(ended, change, { ...fate, as: 'waiting' }, deps, watch);
};

/**
 * Why the result must not name follow-up jobs; undefined when it may. A host's result never may.
 */
const muteOf = ({ definition, earned }: Ended): string | undefined => {
  if (definition.followUps !== true) return `kind ${definition.kind} declares no followUps`;
  return earned && `the result is the word of ${earned.payee}`;
};

/** Adds the follow-up jobs that the result names to the children; says which were refused. */
const addFollowUps = async (ended: Ended, result: string, deps: JobDeps): Promise<string> => {
  const { record, envelope, children } = ended;
  const { followUpJobs } = await import('#shared/legacy/chains/chainWork.ts');
  const parent = { id: record.id, envelope, mute: muteOf(ended) };
  const followUps = await followUpJobs(result, parent, deps);
  children.add(followUps.children);
  const { refused } = followUps;
  return refused.length > 0 ? `follow-up jobs refused: ${refused.join(', ')}` : '';
};

const complete = async (
  ended: Ended,
  { result, note = '' }: Extract<AttemptOutcome, { kind: 'complete' }>,
  deps: JobDeps,
): Promise<Disposition> => {
  const { record, children, funds, earned } = ended;
  const refused = mayNameFollowUps(result) ? await addFollowUps(ended, result, deps) : '';
  const kept = await keepResult(result, leaseOf(record), deps.blobs);
  const change = completed(
    record,
    deps.clock.now(),
    {
      ...kept,
      ...(await children.outbox()),
      ...(funds && { settlement: settlementOf(funds, record, earned, children.shares()) }),
    },
    [refused, note].filter(Boolean).join('; '),
  );
  return conclude(record, change, { action: 'delete', as: 'completed' }, deps);
};

const unwind = async (record: JobRecord, why: Unwind, deps: JobDeps): Promise<Disposition> =>
  (await import('../stepJobs/stepwise.ts')).takeBack(record, why, deps);

const TOO_SLEEPY = 'SNOOZED_TOO_OFTEN';

/**
 * Writes the outcome of an attempt under its lease, and says what becomes of the message. Rejects
 * when the outcome could not be written; the lease then runs out, and the job runs again.
 */
export const finishAttempt = async (
  ended: Ended,
  outcome: AttemptOutcome,
  deps: JobDeps,
): Promise<Disposition> => {
  const { record, envelope, delivery, policy } = ended;
  const owes = ended.owes && record.unwind === undefined;
  const giveUp = (fault: Fault) =>
    owes
      ? unwind(
          record,
          { kind: 'failed', fault: { code: fault.code, message: fault.message } },
          deps,
        )
      : bury(record, fault, envelope.onDead === 'halt', delivery, deps);
  switch (outcome.kind) {
    case 'complete':
      return complete(ended, outcome, deps);
    case 'fail':
      return giveUp(outcome.fault);
    case 'retry':
      return record.attempt >= policy.maxAttempts
        ? giveUp(outcome.fault)
        : retry(ended, outcome, deps);
    case 'snooze': {
      if ((record.snoozes ?? 0) < policy.maxSnoozes)
        return postpone(ended, 'snoozed', outcome.until, deps, outcome.reason);
      const message = `snoozed ${policy.maxSnoozes} times, the limit; last: ${outcome.reason}`;
      return giveUp({ code: TOO_SLEEPY, message });
    }
    case 'interrupted':
      return postpone(ended, 'interrupted', outcome.until ?? deps.clock.now(), deps);
    case 'wait':
      return suspend(ended, outcome.suspension, deps);
    case 'undone':
      return (await import('../stepJobs/stepwise.ts')).undone(
        record,
        outcome.failures,
        giveUp,
        deps,
      );
    case 'cancelled':
      // A job that takes its steps back is ending already.
      if (record.unwind) return unwind(record, record.unwind, deps);
      return owes
        ? unwind(record, { kind: 'cancelled', ...outcome.request }, deps)
        : endCancelled(record, outcome.request, deps);
    case 'lost': {
      const { id, kind, attempt } = record;
      const gone = { action: 'return', as: 'lost', seconds: deps.leaseSeconds } as const;
      return Promise.resolve({ ...gone, id, kind, attempt });
    }
  }
};
