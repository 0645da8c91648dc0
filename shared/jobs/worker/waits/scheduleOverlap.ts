/** Overlapping ticks of a schedule: a tick may be skipped while the job of an earlier tick runs. */
import { timeOf } from '#shared/kernel/time.ts';
import type { ValidJob } from '../../envelope/envelope.ts';
import type { Delivery } from '../../ports/jobs.ts';
import type { Tick } from '../../ports/ticks.ts';
import type { JobFacts } from '../../record/claimOutcome.ts';
import { unheard } from '../../record/newRecord.ts';
import { isTerminal, type JobRecord } from '../../record/record.ts';
import type { Disposition, JobDeps } from '../disposition.ts';

const clock = (at: number): string => new Date(at).toISOString();

/**
 * Why the tick of `at` must not run; undefined when it may. A job without a row ended long ago.
 * @param before the job of the last tick that was let through
 */
const whySkipped = (
  at: number,
  last: Tick | undefined,
  before: JobRecord | undefined,
): string | undefined => {
  if (!last) return undefined;
  if (last.at >= at) return `the tick of ${clock(last.at)} came before it`;
  if (!before) return undefined;
  const tick = `the tick of ${clock(last.at)}, job ${last.jobId},`;
  if (!isTerminal(before.status)) return `${tick} has not ended`;
  return before.updatedAt > at ? `${tick} ended at ${clock(before.updatedAt)}` : undefined;
};

/**
 * Cancels the job of a tick that overlaps the tick before it, when the schedule says `skip`.
 * Undefined when the job may run.
 */
export const skipOverlap = async (
  { envelope: { schedule } }: ValidJob,
  facts: JobFacts,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition | undefined> => {
  if (schedule?.overlap !== 'skip' || delivery.released) return undefined;
  const { id, kind } = facts;
  const last = await deps.ticks.last(schedule.name);
  if (last?.jobId === id) return undefined;
  const at = timeOf(schedule.at);
  const why = whySkipped(at, last, last && (await deps.store.get(last.jobId)));
  if (why === undefined) {
    const isOurs = await deps.ticks.advance(schedule.name, last, { jobId: id, at });
    return isOurs ? undefined : { action: 'return', as: 'early', seconds: 0, id, kind };
  }
  const now = deps.clock.now();
  const skipped = unheard(facts, now, `schedule ${schedule.name}`, `skipped: ${why}`);
  const made = await deps.store.create(skipped);
  // A tick that has a row was let through before: the claim reads the row.
  return made.kind === 'created' ? { action: 'delete', as: 'cancelled', id, kind } : undefined;
};
