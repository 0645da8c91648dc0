/** Writes down how an attempt ended: one fenced transition, then the message's disposition. */
import { RESULT_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { AttemptOutcome, Fault } from './attempt.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import type { Blobs, Delivery } from './ports.ts';
import { keepBody } from './quarantine.ts';
import type { JobError, JobRecord, Lease } from './record.ts';
import { type RetryPolicy, retryDelaySeconds } from './retry.ts';
import { completed, dead, retrying } from './transitions.ts';

/** The lease under which the record was claimed. */
export const leaseOf = ({ id, attempt, leaseId = '' }: JobRecord): Lease => ({
  id,
  attempt,
  leaseId,
});

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

/** Gives a job up for good. */
export const bury = async (
  record: JobRecord,
  fault: Fault,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  const { id, kind, attempt } = record;
  const now = deps.clock.now();
  const kept = await keepBody(delivery.body, id, deps.blobs);
  const change = dead(record, now, { ...fault, attempt, at: now }, kept);
  const outcome = await deps.store.transition(leaseOf(record), change);
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

export const settle = (
  record: JobRecord,
  outcome: AttemptOutcome,
  policy: RetryPolicy,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  const lease = leaseOf(record);
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
