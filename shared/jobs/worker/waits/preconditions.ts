/** What must be true before a job is claimed: its tick, its dependencies, its time. */

import { LIMITS } from '#shared/kernel/limits.ts';
import type { ValidJob } from '../../envelope/envelope.ts';
import { awaitDependencies, timesOf } from '../../flow/dependencies.ts';
import type { Delivery } from '../../ports/jobs.ts';
import type { JobFacts } from '../../record/claimOutcome.ts';
import { scheduled } from '../../record/newRecord.ts';
import type { Disposition, JobDeps } from '../disposition.ts';
import { deferOrPark } from './park.ts';
import { skipOverlap } from './scheduleOverlap.ts';

/**
 * Makes the first delivery of a job wait for the job's time, and writes the wait into a new row.
 */
const notYet = async (
  job: ValidJob,
  facts: JobFacts,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition | undefined> => {
  const { notBefore } = timesOf(job.envelope, delivery.sentAt);
  const now = deps.clock.now();
  if (notBefore === undefined || notBefore <= now || delivery.released) return undefined;
  const { held, fate } = await deferOrPark(notBefore, facts.id, delivery, deps);
  const made = await deps.store.create(scheduled(facts, now, held));
  // When the row exists already, the claim reads the job's time from there.
  return made.kind === 'created'
    ? { ...fate, as: 'scheduled', id: facts.id, kind: facts.kind }
    : undefined;
};

/** The job may be claimed; `fresh` says whether the claim may make the row. */
interface Start {
  readonly fresh: boolean;
}

/** The disposition of a delivery that must not be claimed yet, or how its claim starts. */
export const ready = async (
  job: ValidJob,
  facts: JobFacts,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition | Start> => {
  const skipped = await skipOverlap(job, facts, delivery, deps);
  if (skipped) return skipped;
  if (job.dependencies.length > 0 && !delivery.released) {
    const readiness = await awaitDependencies(facts, job, delivery, deps);
    if (readiness !== 'fresh' && readiness !== 'ready') return readiness;
    if (readiness === 'ready') return { fresh: false };
  }
  return (await notYet(job, facts, delivery, deps)) ?? { fresh: delivery.released === undefined };
};

/** How long an attempt of the job may run, in seconds. */
export const timeoutOf = (
  { envelope, definition }: ValidJob,
  { pools }: Pick<JobDeps, 'pools'>,
): number =>
  Math.min(
    envelope.timeoutSeconds ?? definition.timeoutSeconds ?? LIMITS.timeoutSecondsDefault,
    pools.runSecondsMax,
  );
