/** Limits per source: whether a job may start now, or when to come back. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Delivery, SourceLimits } from '../ports/jobs.ts';
import type { JobFacts } from '../record/claimOutcome.ts';
import { scheduled } from '../record/newRecord.ts';
import type { JobRecord } from '../record/record.ts';
import { limited } from '../record/transitions.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import { deferOrPark } from './park.ts';
import { slotWaitMs } from './waitTimes.ts';

export interface Candidate {
  readonly facts: JobFacts;
  readonly delivery: Delivery;
  readonly timeoutSeconds: number;
}

/** Not worth a start: the claim will say why. */
const isIdle = (record: JobRecord, now: number): boolean => {
  const { status, dueAt = 0, leaseUntil = 0 } = record;
  if (status === 'RUNNING') return leaseUntil + LIMITS.clockSkewMs < now;
  if (status === 'WAITING') return !record.pending;
  return (status === 'RETRYING' || status === 'SCHEDULED' || status === 'LIMITED') && dueAt <= now;
};

const comeBack = async (
  { facts, delivery }: Candidate,
  record: JobRecord | undefined,
  dueAt: number,
  deps: JobDeps,
): Promise<Disposition> => {
  const now = deps.clock.now();
  const { held, fate } = await deferOrPark(dueAt, facts.id, delivery, deps);
  const { id, kind } = facts;
  // One that is limited again holds its reservation; its row says so already. That of a lost attempt
  // says that it must run alone. But of a message's receipts only the newest counts.
  const says = record?.status === 'LIMITED' || record?.status === 'RUNNING';
  if (says && fate.action === 'return' && !held.receipt)
    return { ...fate, as: 'limited', id, kind };
  const outcome = record
    ? await deps.store.change(record, limited(record, now, held))
    : await deps.store.create(scheduled(facts, now, held, { event: 'limited' }));
  // Somebody else moved the job meanwhile: the next delivery sees how.
  const moved = outcome.kind === 'lost' || outcome.kind === 'exists';
  return moved
    ? { action: 'return', as: 'limited', seconds: 0, id, kind }
    : { ...fate, as: 'limited', id, kind };
};

export type Admission = { leave(): Promise<void> } | Disposition;

const FREE: Admission = { leave: () => Promise.resolve() };

/**
 * A rate is reserved ahead: a job over it comes back once, at its time, and then needs no other
 * reservation. A slot is held under the job's id until it leaves, or its time is over.
 */
export const admit = async (
  candidate: Candidate,
  limits: SourceLimits | undefined,
  deps: JobDeps,
): Promise<Admission> => {
  if (!limits) return FREE;
  const { facts, delivery, timeoutSeconds } = candidate;
  const { id, source } = facts;
  const now = deps.clock.now();
  const seen = delivery.receives > 1 || delivery.released ? await deps.store.get(id) : undefined;
  if (seen && !isIdle(seen, now)) return FREE;
  // A lost attempt has its start already.
  const started = seen?.status === 'LIMITED' || seen?.status === 'RUNNING';
  if (limits.perMinute !== undefined && !started) {
    const startAt = await deps.limiter.reserve(source, limits, now);
    if (startAt > now) return comeBack(candidate, seen, startAt, deps);
  }
  if (limits.concurrency === undefined) return FREE;
  const until = now + timeoutSeconds * 1_000 + LIMITS.wrapUpMs;
  const entered = await deps.limiter.enter(source, limits.concurrency, id, until);
  if (!entered)
    return comeBack(candidate, seen, now + slotWaitMs(delivery.receives, deps.random), deps);
  return {
    leave: async () => {
      // A slot that is not given back is free when its time is over; the job has ended either way.
      await deps.limiter.leave(source, id).catch((error: unknown) => {
        deps.logger.warn('slot not given back', { source, jobId: id, error });
      });
    },
  };
};
