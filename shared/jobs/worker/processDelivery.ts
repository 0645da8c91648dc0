/**
 * One message from claim to outcome. Every path ends in a disposition, so that no message is lost.
 */

import { type Paid, pay, returnFunds } from '#shared/billing/jobCost.ts';
import type { AttemptTask } from '#shared/dispatch/attemptTask.ts';
import { lazyAttemptTask } from '#shared/dispatch/lazyAttemptTask.ts';
import type { Task } from '#shared/dispatch/ports.ts';
import { deferred } from '#shared/kernel/deferred.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { jobIdOf, parseEnvelope, type ValidJob } from '../envelope/envelope.ts';
import { loadPayload, resultOf } from '../envelope/payload.ts';
import { retryPolicy } from '../envelope/retryPolicy.ts';
import type { Delivery } from '../ports/jobs.ts';
import {
  type ClaimOutcome,
  type ClaimRequest,
  type JobFacts,
  lostAttempt,
} from '../record/claimOutcome.ts';
import type { JobRecord } from '../record/record.ts';
import { factsOf } from '../record/recordFacts.ts';
import { CancelledError, InterruptedError, LeaseLostError } from './attempt/abortReasons.ts';
import { type Children, collectChildren } from './attempt/childJobs.ts';
import { leaseOf } from './attempt/conclude.ts';
import { finishAttempt } from './attempt/finishAttempt.ts';
import type { Heartbeat } from './attempt/heartbeat.ts';
import { owesAfter } from './attempt/lostRuns.ts';
import { createProgress } from './attempt/progress.ts';
import { type AttemptOutcome, runAttempt } from './attempt/runHandler.ts';
import { refused } from './claimRefused.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import { moveToPool } from './moveToPool.ts';
import { judged, lazySteps } from './stepJobs/lazySteps.ts';
import { stepJobOf } from './stepJobs/stepJob.ts';
import { isForgotten, jobBefore, keepLooking } from './waits/groupPlaces.ts';
import { ready, timeoutOf } from './waits/preconditions.ts';
import { admit } from './waits/sourceLimits.ts';
import { standBy, type WaitReason } from './waits/standBy.ts';
import { pausedSeconds, turnSeconds } from './waits/waitTimes.ts';

const { unreadable } = deferred(() => import('./waits/awaitWorker.ts'));

/** The Lambda invocation that runs the job. */
export interface Invocation {
  readonly requestId: string;
  /** How long the invocation may still run, in ms. */
  remainingMs(): number;
  readonly heartbeat: Heartbeat;
  /** How many other message groups of the batch may run at the same time. */
  readonly beside: number;
}

/** The effects of an attempt beside its result. */
interface Effects {
  readonly children: Children;
  readonly dispatch: AttemptTask;
}

interface Ran {
  readonly outcome: AttemptOutcome;
  /** Whether steps must be taken back should the job end now. */
  readonly owes?: boolean;
  readonly startedAt: number;
  readonly runMs: number;
}

const attempt = async (
  record: JobRecord,
  job: ValidJob,
  { children, dispatch }: Effects,
  timeoutSeconds: number,
  invocation: Invocation,
  deps: JobDeps,
): Promise<Ran> => {
  const { logger, clock, services, store, blobs } = deps;
  const startedAt = clock.now();
  const changed =
    record.wait && (await import('./stepJobs/stepwise.ts')).versionFault(record, job.definition);
  if (changed) return { outcome: { kind: 'fail', fault: changed }, startedAt, runMs: 0 };
  const payload = await loadPayload(job, deps);
  if (!payload.ok) return { outcome: { kind: 'fail', fault: payload.error }, startedAt, runMs: 0 };
  const control = new AbortController();
  const lease = leaseOf(record);
  const release = invocation.heartbeat.extend(lease, {
    lost: () => control.abort(new LeaseLostError('the lease went to another attempt')),
    cancelled: (request) => control.abort(new CancelledError(request)),
    extended: dispatch.extended,
  });
  // A last resort, when the invocation has less time than expected. This end spends no attempt.
  const cut = setTimeout(
    () => control.abort(new InterruptedError('the invocation ends')),
    Math.max(0, invocation.remainingMs() - LIMITS.wrapUpMs / 2),
  );
  const progress = createProgress(lease, deps);
  const context = {
    jobId: record.id,
    attempt: record.attempt,
    snoozes: record.snoozes ?? 0,
    correlationId: record.correlationId ?? record.id,
    logger,
    clock,
    progress: progress.report,
    results: async (id: string) => {
      const other = await store.get(id);
      return other?.status === 'COMPLETED' ? resultOf(other, blobs) : undefined;
    },
    enqueue: children.enqueue,
    dispatch: (task: Task) =>
      dispatch.run(task, {
        signal: control.signal,
        deadline: startedAt + timeoutSeconds * 1_000,
      }),
    ...services,
  };
  const { definition } = job;
  const { signal } = control;
  const { retry } = definition;
  const of = { ...stepJobOf(record), retry, signal, prepare: children.prepare };
  const steps = lazySteps(of, deps);
  try {
    const outcome = await runAttempt(
      definition,
      payload.value,
      context,
      control,
      timeoutSeconds,
      steps,
    );
    const told = await judged(outcome, definition, steps);
    return { outcome: told, startedAt, runMs: clock.now() - startedAt, owes: steps.owes() };
  } finally {
    clearTimeout(cut);
    release();
    await progress.stop();
    await dispatch.stop();
  }
};

/**
 * Claims an attempt. An expired row is deleted first. The row of a lost attempt is taken over only
 * when no other group may run beside.
 */
const claim = async (
  asked: Omit<ClaimRequest, 'now' | 'leaseId' | 'leaseUntil' | 'over'>,
  deps: JobDeps,
): Promise<ClaimOutcome> => {
  const ask = (over?: ClaimRequest['over']): Promise<ClaimOutcome> => {
    const now = deps.clock.now();
    const leaseUntil = now + deps.leaseSeconds * 1_000;
    return deps.store.claim({ ...asked, now, leaseId: deps.ids.next(), leaseUntil, over });
  };
  const first = await ask();
  if (first.kind === 'expired') {
    await deps.store.forget(first.record);
    return ask();
  }
  const isOurs = first.kind === 'abandoned' && asked.beside === 0;
  return isOurs ? ask(lostAttempt(first.record)) : first;
};

const claimAndRun = async (
  job: ValidJob,
  facts: JobFacts,
  fresh: boolean,
  delivery: Delivery,
  invocation: Invocation,
  deps: JobDeps,
): Promise<Disposition> => {
  const { envelope, definition } = job;
  const timeoutSeconds = timeoutOf(job, deps);
  const policy = retryPolicy(envelope.retry, definition.retry);
  const { requestId: by, beside } = invocation;
  const asked = { ...facts, fresh, attemptsMax: policy.maxAttempts, by, beside };
  const claimed = await claim(asked, deps);
  if (claimed.kind !== 'claimed') return refused(claimed, facts, envelope, delivery, deps);
  const dispatch = lazyAttemptTask(claimed.record, envelope, deps);
  const paid = await pay(claimed.record, envelope, deps);
  const { funds } = paid;
  const tree = { parent: claimed.record, depth: envelope.depth ?? 0 };
  const shares =
    funds && (await import('#shared/billing/childShares.ts')).createShares(claimed.record, funds);
  const { kinds, blobs } = deps;
  const children = collectChildren(tree, shares, kinds, blobs);
  const ran = paid.outcome
    ? { outcome: paid.outcome, startedAt: deps.clock.now(), runMs: 0 }
    : await attempt(claimed.record, job, { children, dispatch }, timeoutSeconds, invocation, deps);
  const { record, earned } = dispatch.told();
  const owes = ran.owes || (await owesAfter(record, ran.outcome, deps));
  const of = { record, envelope, definition, delivery, policy, children, funds, earned };
  const attempted = { ...of, owes };
  const disposition = await finishAttempt(attempted, ran.outcome, deps);
  const given = { record, funds, earned, children: { shares: children.shares() } };
  returnFunds(given, disposition.as === 'completed');
  // Only the first delivery of a job shows how long the queue made the job wait.
  const prompt = delivery.receives === 1 && !delivery.released;
  const { priority, sentAt } = delivery;
  const timed = prompt ? { startMs: ran.startedAt - sentAt, priority } : {};
  const ended = disposition.as === 'completed' || disposition.as === 'dead';
  const finished = ended ? { finishMs: deps.clock.now() - record.createdAt } : {};
  return { ...disposition, ...timed, ...finished, ...moneyOf(paid), runMs: ran.runMs };
};

const moneyOf = ({ funds, outcome }: Paid): Pick<Disposition, 'money'> => {
  if (funds) return { money: 'held' };
  // After an interruption the ledger's answer is unknown.
  return outcome && outcome.kind !== 'interrupted' ? { money: 'refused' } : {};
};

/**
 * Runs the job of one message, or finds out why the job must not run now. Rejects only for a fault
 * of the mesh, such as a table that cannot be reached; the caller must then return the message.
 */
export const processDelivery = async (
  delivery: Delivery,
  invocation: Invocation,
  deps: JobDeps,
): Promise<Disposition> => {
  const parsed = parseEnvelope(delivery.body, deps.kinds);
  if (!parsed.ok) return unreadable(delivery, parsed.error, deps);
  const job = parsed.value;
  const id = delivery.released ?? jobIdOf(job.envelope, delivery.messageId);
  const facts = factsOf(job, id, delivery);
  const report = { id, kind: facts.kind };
  if (deps.pools.isElsewhere(facts.kind)) return moveToPool(report, delivery, deps);
  const timeoutSeconds = timeoutOf(job, deps);
  if (invocation.remainingMs() < timeoutSeconds * 1_000 + LIMITS.wrapUpMs)
    return { action: 'return', as: 'no_time', seconds: 0, ...report };
  const gate = await deps.gate.check(delivery.priority, facts.source);
  if (delivery.messageGroup !== undefined && isForgotten(gate.heldUntil, deps))
    await keepLooking(deps.clock.now(), deps);
  const standing = (what: WaitReason) => standBy(job, facts, delivery, what, deps);
  if (gate.kind === 'paused') {
    const { what } = gate;
    const seconds = pausedSeconds(delivery.receives);
    return standing({ as: 'paused', seconds, why: `paused: ${what}`, code: what });
  }
  const start = await ready(job, facts, delivery, deps);
  if ('action' in start) return start;
  const before = await jobBefore(id, delivery, gate.heldUntil > deps.clock.now(), deps);
  if (before !== undefined) {
    const why = `job ${before} of its group comes first`;
    return standing({ as: 'behind', seconds: turnSeconds(delivery.receives), why });
  }
  const admission = await admit({ facts, delivery, timeoutSeconds }, gate.limits, deps);
  if ('action' in admission) return admission;
  const disposition = await claimAndRun(job, facts, start.fresh, delivery, invocation, deps);
  await admission.leave(disposition.as);
  return disposition;
};
