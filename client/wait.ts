/** Waits for jobs to end. */
import type { JobStore } from '#shared/jobs/ports/jobs.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { systemSleep } from '#shared/kernel/ports.ts';
import { MeshError } from './errors.ts';
import { type JobHandle, recordOf } from './handle.ts';

/** What was last seen of a job. */
export interface Watched {
  readonly record?: JobRecord;
  /** The job's id belongs to a job with other content: this job never gets a record. */
  readonly refusal?: MeshError;
}

interface Watch {
  readonly jobs: readonly Pick<JobHandle, 'id' | 'sent'>[];
  readonly timeoutMs: number;
  readonly onChange?: (record: JobRecord) => void;
  /** Ends the wait early, after the poll under way. */
  readonly signal?: AbortSignal;
}

const READS_AT_ONCE = 20;
const POLL_MIN_MS = 50;
const POLL_MAX_MS = 2_000;

const unchanged = (before: JobRecord | undefined, now: JobRecord): boolean =>
  before?.updatedAt === now.updatedAt && before.progress?.at === now.progress?.at;

/**
 * Polls until all jobs have ended or the time is over; pauses grow from 50 ms to 2 s, and are short
 * again after each change.
 *
 * @returns what was last seen of each job, in the order given
 */
export const watchHandles = async (
  { store }: { readonly store: Pick<JobStore, 'get'> },
  { jobs, timeoutMs, onChange, signal }: Watch,
): Promise<readonly Watched[]> => {
  const seen = jobs.map((): Watched => ({}));
  const open = new Set(jobs.keys());
  const ended = (index: number, refusal: unknown): true => {
    if (!(refusal instanceof MeshError)) throw refusal;
    seen[index] = { refusal };
    open.delete(index);
    return true;
  };
  const look = async (index: number): Promise<boolean> => {
    const job = jobs[index] as Watch['jobs'][number];
    let record: JobRecord | undefined;
    try {
      record = await recordOf(job, store, Date.now());
    } catch (error) {
      return ended(index, error);
    }
    if (!record || unchanged(seen[index]?.record, record)) return false;
    seen[index] = { record };
    onChange?.(record);
    if (isTerminal(record.status)) open.delete(index);
    return true;
  };
  const until = Date.now() + timeoutMs;
  let waitMs = POLL_MIN_MS;
  while (open.size > 0 && Date.now() < until && !signal?.aborted) {
    const changed = await mapPool([...open], READS_AT_ONCE, look);
    waitMs = changed.some(Boolean) ? POLL_MIN_MS : Math.min(POLL_MAX_MS, waitMs * 1.5);
    if (open.size > 0) await systemSleep(Math.min(waitMs, Math.max(0, until - Date.now())));
  }
  return seen;
};

/**
 * As {@link watchHandles}, for ids: any job with the id counts.
 *
 * @returns the last seen record of each job that has one
 */
export const watchJobs = async (
  deps: { readonly store: Pick<JobStore, 'get'> },
  { ids, ...rest }: Omit<Watch, 'jobs'> & { readonly ids: readonly string[] },
): Promise<ReadonlyMap<string, JobRecord>> => {
  const jobs = [...new Set(ids)].map((id) => ({ id }));
  const seen = await watchHandles(deps, { jobs, ...rest });
  return new Map(seen.flatMap(({ record }) => (record ? [[record.id, record] as const] : [])));
};
