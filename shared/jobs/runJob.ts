/** One message from claim to outcome: every path ends in a disposition, none in a lost message. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { type AttemptOutcome, LeaseLostError, runAttempt } from './attempt.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import { jobIdOf, parseEnvelope, type ValidJob } from './envelope.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Delivery } from './ports.ts';
import { quarantine } from './quarantine.ts';
import type { ClaimOutcome, JobRecord } from './record.ts';
import { retryPolicy } from './retry.ts';
import { bury, leaseOf, settle } from './settle.ts';

/** What one invocation adds: who it is, how long it may run, what keeps its leases. */
export interface Invocation {
  readonly requestId: string;
  remainingMs(): number;
  readonly heartbeat: Heartbeat;
}

const secondsUntil = (at: number, now: number): number =>
  Math.min(LIMITS.visibilitySecondsMax, Math.max(0, Math.ceil((at - now) / 1_000)));

const run = async (
  record: JobRecord,
  job: ValidJob,
  timeoutSeconds: number,
  invocation: Invocation,
  deps: JobDeps,
): Promise<{ outcome: AttemptOutcome; startMs: number; runMs: number }> => {
  const control = new AbortController();
  const lease = leaseOf(record);
  const lost = () => control.abort(new LeaseLostError('the lease went to another attempt'));
  const release = invocation.heartbeat.hold(lease, lost);
  const started = deps.clock.now();
  const { logger, clock, services } = deps;
  const context = { jobId: record.id, attempt: record.attempt, logger, clock, ...services };
  try {
    const outcome = await runAttempt(job, context, control, timeoutSeconds);
    return { outcome, startMs: started - record.createdAt, runMs: deps.clock.now() - started };
  } finally {
    release();
  }
};

const refused = (
  claim: Exclude<ClaimOutcome, { kind: 'claimed' }>,
  id: string,
  delivery: Delivery,
  deps: JobDeps,
): Disposition | Promise<Disposition> => {
  const now = deps.clock.now();
  switch (claim.kind) {
    case 'finished':
      return { action: 'delete', as: 'duplicate', id, kind: claim.record.kind };
    case 'running':
      return {
        action: 'return',
        as: 'running',
        seconds: secondsUntil(claim.leaseUntil, now),
        id,
        kind: '',
      };
    case 'early':
      return {
        action: 'return',
        as: 'early',
        seconds: secondsUntil(claim.dueAt, now),
        id,
        kind: '',
      };
    case 'exhausted': {
      const message = `all ${claim.record.attempt} attempts used; the last one died with its worker`;
      return bury(claim.record, { code: 'WORKER_LOST', message }, delivery, deps);
    }
    case 'taken': {
      const message = `id: "${id}" belongs to a job with other content (message ${claim.record.messageId})`;
      return quarantine(delivery, { code: 'ID_TAKEN', path: 'id', message }, deps);
    }
  }
};

/**
 * Runs the job of one message, or finds out why it must not run now. Rejects only when the table
 * or the bucket cannot be reached; the message then stays in its queue.
 */
export const runJob = async (
  delivery: Delivery,
  invocation: Invocation,
  deps: JobDeps,
): Promise<Disposition> => {
  const parsed = parseEnvelope(delivery.body, deps.kinds);
  if (!parsed.ok) return quarantine(delivery, parsed.error, deps);
  const job = parsed.value;
  const { envelope, definition } = job;
  const id = jobIdOf(envelope, delivery.messageId);
  const timeoutSeconds =
    envelope.timeoutSeconds ?? definition.timeoutSeconds ?? LIMITS.timeoutSecondsDefault;
  if (invocation.remainingMs() < timeoutSeconds * 1_000 + LIMITS.wrapUpMs)
    return { action: 'return', as: 'no_time', seconds: 0, id, kind: envelope.kind };
  const policy = retryPolicy(envelope.retry, definition.retry);
  const now = deps.clock.now();
  const claim = await deps.store.claim({
    id,
    kind: envelope.kind,
    messageId: delivery.messageId,
    priority: delivery.priority,
    group: delivery.group,
    source: envelope.source ?? 'default',
    contentHash: job.contentHash,
    missionId: envelope.missionId,
    taskId: envelope.taskId,
    createdAt: delivery.sentAt,
    now,
    leaseId: deps.ids.next(),
    leaseUntil: now + deps.leaseSeconds * 1_000,
    attemptsMax: policy.maxAttempts,
    by: invocation.requestId,
  });
  if (claim.kind !== 'claimed') return refused(claim, id, delivery, deps);
  const ran = await run(claim.record, job, timeoutSeconds, invocation, deps);
  const disposition = await settle(claim.record, ran.outcome, policy, delivery, deps);
  return { ...disposition, startMs: ran.startMs, runMs: ran.runMs };
};
