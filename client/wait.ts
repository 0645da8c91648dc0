/** Waiting for jobs to end. */
import type { JobStore } from '#shared/jobs/ports.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { systemSleep } from '#shared/kernel/ports.ts';

interface Watch {
  readonly ids: readonly string[];
  readonly timeoutMs: number;
  readonly onChange: (record: JobRecord) => void;
}

const READS_AT_ONCE = 20;
const POLL_MIN_MS = 50;
const POLL_MAX_MS = 2_000;

/** Polls with growing pauses, quick again after each change. Resolves with what it last saw. */
export const watchJobs = async (
  { store }: { readonly store: Pick<JobStore, 'get'> },
  { ids, timeoutMs, onChange }: Watch,
): Promise<ReadonlyMap<string, JobRecord>> => {
  const seen = new Map<string, JobRecord>();
  const open = new Set(ids);
  const look = async (id: string): Promise<boolean> => {
    const record = await store.get(id);
    const before = seen.get(id);
    const same =
      before?.updatedAt === record?.updatedAt && before?.progress?.at === record?.progress?.at;
    if (!record || same) return false;
    seen.set(id, record);
    onChange(record);
    if (isTerminal(record.status)) open.delete(id);
    return true;
  };
  const until = Date.now() + timeoutMs;
  let waitMs = POLL_MIN_MS;
  while (open.size > 0 && Date.now() < until) {
    const changed = await mapPool([...open], READS_AT_ONCE, look);
    waitMs = changed.some(Boolean) ? POLL_MIN_MS : Math.min(POLL_MAX_MS, waitMs * 1.5);
    if (open.size > 0) await systemSleep(Math.min(waitMs, Math.max(0, until - Date.now())));
  }
  return seen;
};
