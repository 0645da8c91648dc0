/** One message from claim to outcome: every path ends in a disposition, none in a lost message. */

import { RAW_PREFIX, RESULT_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Ids, Logger, Random } from '#shared/kernel/ports.ts';
import { type AttemptOutcome, type Fault, LeaseLostError, runAttempt } from './attempt.ts';
import type { JobContext, Kinds } from './defineJob.ts';
import { type EnvelopeIssue, hintsOf, jobIdOf, parseEnvelope, type ValidJob } from './envelope.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Blobs, Delivery, JobStore } from './ports.ts';
import type { ClaimOutcome, JobError, JobRecord, Lease } from './record.ts';
import { type RetryPolicy, retryDelaySeconds, retryPolicy } from './retry.ts';
import { completed, dead, quarantined, retrying } from './transitions.ts';

export interface JobDeps {
  readonly kinds: Kinds;
  readonly store: JobStore;
  readonly blobs: Blobs;
  readonly services: Pick<JobContext, 'workspaces' | 'http'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  readonly leaseSeconds: number;
}

/** What one invocation adds: who it is, how long it may run, what keeps its leases. */
export interface Invocation {
  readonly requestId: string;
  remainingMs(): number;
  readonly heartbeat: Heartbeat;
}

interface Report {
  readonly id: string;
  readonly kind: string;
  readonly attempt?: number;
  /** From the producer's send to the start of the handler, and of the handler's run, in ms. */
  readonly startMs?: number;
  readonly runMs?: number;
  readonly code?: string;
}

export type Disposition =
  /** The message is done with. */
  | ({ readonly action: 'delete'; readonly as: DeleteReason } & Report)
  /** The message must come back, after `seconds`. */
  | ({ readonly action: 'return'; readonly as: ReturnReason; readonly seconds: number } & Report);

type DeleteReason = 'completed' | 'dead' | 'quarantined' | 'duplicate';
type ReturnReason = 'retrying' | 'running' | 'early' | 'lost' | 'no_time' | 'fault';

const secondsUntil = (at: number, now: number): number =>
  Math.min(LIMITS.visibilitySecondsMax, Math.max(0, Math.ceil((at - now) / 1_000)));

/** Bodies beyond the inline bound go to the bucket whole, so that they stay redrivable. */
const keepBody = async (
  body: string,
  id: string,
  blobs: Blobs,
): Promise<{ envelope?: string; envelopeRef?: string }> => {
  if (byteLength(body) <= LIMITS.rawInlineBytesMax) return { envelope: body };
  const envelopeRef = `${RAW_PREFIX}${sha256(id)}/${sha256(body)}`;
  await blobs.put(envelopeRef, body);
  return { envelopeRef };
};

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

const quarantine = async (
  delivery: Delivery,
  issue: EnvelopeIssue,
  deps: JobDeps,
): Promise<Disposition> => {
  const now = deps.clock.now();
  const error: JobError = { code: issue.code, message: issue.message, attempt: 0, at: now };
  const { messageId, priority, group, sentAt: createdAt } = delivery;
  const { id: wished = messageId, ...labels } = hintsOf(delivery.body);
  const under = async (id: string): Promise<boolean> => {
    const kept = await keepBody(delivery.body, id, deps.blobs);
    const base = { ...labels, id, messageId, priority, group, createdAt };
    return deps.store.quarantine(quarantined(base, now, error, kept));
  };
  // Its sender looks under the id it asked for; if that id is another job's, under the message's.
  const id = (await under(wished)) ? wished : messageId;
  if (id !== wished) await under(messageId);
  return { action: 'delete', as: 'quarantined', id, kind: labels.kind ?? '', code: issue.code };
};

const bury = async (
  record: JobRecord,
  fault: Fault,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  const { id, kind, attempt } = record;
  const now = deps.clock.now();
  const lease: Lease = { id, attempt, leaseId: record.leaseId ?? '' };
  const kept = await keepBody(delivery.body, id, deps.blobs);
  const change = dead(record, now, { ...fault, attempt, at: now }, kept);
  const outcome = await deps.store.transition(lease, change);
  return outcome.kind === 'applied'
    ? { action: 'delete', as: 'dead', id, kind, attempt, code: fault.code }
    : { action: 'return', as: 'lost', seconds: deps.leaseSeconds, id, kind, attempt };
};

const retry = async (
  record: JobRecord,
  outcome: Extract<AttemptOutcome, { kind: 'retry' }>,
  policy: RetryPolicy,
  lease: Lease,
  deps: JobDeps,
): Promise<Disposition> => {
  const now = deps.clock.now();
  const delay = outcome.afterSeconds ?? retryDelaySeconds(policy, record.attempt, deps.random);
  const seconds = Math.min(LIMITS.visibilitySecondsMax, Math.max(0, Math.ceil(delay)));
  const error: JobError = { ...outcome.fault, attempt: record.attempt, at: now };
  const written = await deps.store.transition(
    lease,
    retrying(record, now, error, now + seconds * 1_000),
  );
  const { id, kind, attempt } = record;
  return written.kind === 'applied'
    ? { action: 'return', as: 'retrying', seconds, id, kind, attempt, code: error.code }
    : { action: 'return', as: 'lost', seconds: deps.leaseSeconds, id, kind, attempt };
};

const complete = async (
  record: JobRecord,
  result: string | undefined,
  lease: Lease,
  deps: JobDeps,
): Promise<Disposition> => {
  const kept = await keepResult(result, lease, deps.blobs);
  const change = completed(record, deps.clock.now(), kept);
  const written = await deps.store.transition(lease, change);
  const { id, kind, attempt } = record;
  return written.kind === 'applied'
    ? { action: 'delete', as: 'completed', id, kind, attempt }
    : { action: 'return', as: 'lost', seconds: deps.leaseSeconds, id, kind, attempt };
};

const settle = (
  record: JobRecord,
  outcome: AttemptOutcome,
  policy: RetryPolicy,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  const lease: Lease = { id: record.id, attempt: record.attempt, leaseId: record.leaseId ?? '' };
  if (outcome.kind === 'complete') return complete(record, outcome.result, lease, deps);
  if (outcome.kind === 'fail') return bury(record, outcome.fault, delivery, deps);
  if (outcome.kind === 'retry')
    return record.attempt >= policy.maxAttempts
      ? bury(record, outcome.fault, delivery, deps)
      : retry(record, outcome, policy, lease, deps);
  const { id, kind, attempt } = record;
  const gone = { action: 'return', as: 'lost', seconds: deps.leaseSeconds } as const;
  return Promise.resolve({ ...gone, id, kind, attempt });
};

const run = async (
  record: JobRecord,
  job: ValidJob,
  timeoutSeconds: number,
  invocation: Invocation,
  deps: JobDeps,
): Promise<{ outcome: AttemptOutcome; startMs: number; runMs: number }> => {
  const control = new AbortController();
  const lease: Lease = { id: record.id, attempt: record.attempt, leaseId: record.leaseId ?? '' };
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
