/** Limits per source: whether a job may start now, or when its message must come back. */

import type { SourceLimits } from '#shared/contracts/worker.ts';
import { SOURCE_CONCURRENCY_MAX } from '#shared/contracts/worker.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Delivery } from '../../ports/jobs.ts';
import type { SourceSlot } from '../../ports/limits.ts';
import type { JobFacts } from '../../record/claimOutcome.ts';
import { scheduled } from '../../record/newRecord.ts';
import type { JobRecord } from '../../record/record.ts';
import { limited } from '../../record/transitions.ts';
import { owesIfLost } from '../attempt/lostRuns.ts';
import type { Disposition, JobDeps } from '../disposition.ts';
import { deferOrPark } from './park.ts';
import { slotWaitMs } from './waitTimes.ts';

/** A job that asks to start. */
export interface StartRequest {
  readonly facts: JobFacts;
  readonly delivery: Delivery;
  readonly timeoutSeconds: number;
}

/** Whether the job could start. When it could not, no limit is used, and the claim says why. */
const isIdle = (record: JobRecord, now: number): boolean => {
  const { status, dueAt = 0, leaseUntil = 0 } = record;
  if (status === 'RUNNING') return leaseUntil + LIMITS.clockSkewMs < now;
  if (status === 'WAITING') return !record.pending;
  return (status === 'RETRYING' || status === 'SCHEDULED' || status === 'LIMITED') && dueAt <= now;
};

const comeBack = async (
  { facts, delivery }: StartRequest,
  record: JobRecord | undefined,
  dueAt: number,
  deps: JobDeps,
): Promise<Disposition> => {
  const now = deps.clock.now();
  const { held, fate } = await deferOrPark(dueAt, facts.id, delivery, deps);
  const { id, kind } = facts;
  // The row of a limited job already names its reservation, and the row of a lost attempt says that
  // the job must run alone. Such a row is written only for a new receipt: SQS accepts no older one.
  const says = record?.status === 'LIMITED' || record?.status === 'RUNNING';
  if (says && fate.action === 'return' && !held.receipt)
    return { ...fate, as: 'limited', id, kind };
  const owes = (await owesIfLost(record, deps)) && { owes: true as const };
  const change = record && limited(record, now, held);
  const outcome = change
    ? await deps.store.change(record, { ...change, set: { ...change.set, ...owes } })
    : await deps.store.create(scheduled(facts, now, held, { event: 'limited' }));
  // Another writer changed the job at the same time: the next delivery reads the change.
  const moved = outcome.kind === 'lost' || outcome.kind === 'exists';
  return moved
    ? { action: 'return', as: 'limited', seconds: 0, id, kind }
    : { ...fate, as: 'limited', id, kind };
};

/**
 * A start, with what to call when the job no longer runs; or the disposition of a job that waits.
 */
export type Admission = { leave(as: Disposition['as']): Promise<void> } | Disposition;

const FREE: Admission = { leave: () => Promise.resolve() };

/**
 * Whether a slot is given back after an attempt that ended as `as`. Another attempt of the job may
 * have the same slot, and keeps it.
 */
const left = (as: Disposition['as'], { fresh }: SourceSlot): 'ours' | 'any' | undefined => {
  if (as === 'running') return fresh ? 'ours' : undefined;
  return as === 'lost' ? 'ours' : 'any';
};

/**
 * Applies a source's limits to a job. A start above the rate is reserved for a later time: the job
 * comes back at this time and needs no other reservation. A slot is held under the job's id until
 * `leave` is called, or until the longest run of the attempt is over.
 */
export const admit = async (
  candidate: StartRequest,
  limits: SourceLimits | undefined,
  deps: JobDeps,
): Promise<Admission> => {
  if (!limits) return FREE;
  const { facts, delivery, timeoutSeconds } = candidate;
  const { id, source } = facts;
  const now = deps.clock.now();
  const seen = delivery.receives > 1 || delivery.released ? await deps.store.get(id) : undefined;
  if (seen && !isIdle(seen, now)) return FREE;
  // A limited job has its reservation, and a lost attempt has used its start.
  const started = seen?.status === 'LIMITED' || seen?.status === 'RUNNING';
  if (limits.perMinute !== undefined && !started) {
    const startAt = await deps.limiter.reserve(source, limits, now);
    if (startAt > now) return comeBack(candidate, seen, startAt, deps);
  }
  if (limits.concurrency === undefined) return FREE;
  const until = now + timeoutSeconds * 1_000 + LIMITS.wrapUpMs;
  const concurrency = Math.min(limits.concurrency, SOURCE_CONCURRENCY_MAX);
  const slot = await deps.limiter.enter(source, concurrency, id, until);
  if (!slot)
    return comeBack(candidate, seen, now + slotWaitMs(delivery.receives, deps.random), deps);
  return {
    leave: async (as) => {
      const whose = left(as, slot);
      if (!whose) return;
      // The job has ended, so a slot that is not given back is no failure of the job. The slot ends
      // at its time.
      await deps.limiter.leave(slot, whose).catch((error: unknown) => {
        deps.logger.warn('slot not given back', { source, jobId: id, error });
      });
    },
  };
};
