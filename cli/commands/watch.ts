/** `watch`: follow jobs until each has ended. */

import { isTerminal, type JobRecord } from '#shared/jobs/record.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { type Deployment, findDeployment, type TargetOptions } from '../deployment.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { json, out, plain, status, time } from '../print.ts';

export interface WatchOptions extends TargetOptions {
  readonly json?: boolean;
  /** Seconds; 0 waits for ever. */
  readonly timeout: number;
}

interface Watch {
  readonly ids: readonly string[];
  readonly timeoutMs: number;
  readonly onChange: (record: JobRecord) => void;
}

const READS_AT_ONCE = 20;
const POLL_MIN_MS = 50;
const POLL_MAX_MS = 2_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls with growing pauses, quick again after each change. Resolves with what it last saw. */
export const watchJobs = async (
  { store }: Pick<Deployment, 'store'>,
  { ids, timeoutMs, onChange }: Watch,
): Promise<ReadonlyMap<string, JobRecord>> => {
  const seen = new Map<string, JobRecord>();
  const open = new Set(ids);
  const look = async (id: string): Promise<boolean> => {
    const record = await store.get(id);
    if (!record || record.updatedAt === seen.get(id)?.updatedAt) return false;
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
    if (open.size > 0) await pause(Math.min(waitMs, Math.max(0, until - Date.now())));
  }
  return seen;
};

export const exitOfAll = (
  ids: readonly string[],
  seen: ReadonlyMap<string, JobRecord>,
): ExitCode => {
  const states = ids.map((id) => seen.get(id)?.status);
  if (states.some((state) => state === 'DEAD' || state === 'QUARANTINED')) return EXIT.refused;
  return states.every((state) => state === 'COMPLETED') ? EXIT.ok : EXIT.open;
};

export const watch = async (ids: readonly string[], options: WatchOptions): Promise<ExitCode> => {
  const deployment = await findDeployment(options);
  const print = (record: JobRecord): void => {
    const { id, error } = record;
    const why = error && record.status !== 'COMPLETED' ? `  ${error.code}: ${error.message}` : '';
    out(`${time(record.updatedAt)}  ${status(record.status, 11)}  ${plain(`${id}${why}`)}`);
  };
  try {
    const timeoutMs = options.timeout === 0 ? Number.POSITIVE_INFINITY : options.timeout * 1_000;
    const onChange = options.json ? () => undefined : print;
    const seen = await watchJobs(deployment, { ids, timeoutMs, onChange });
    if (options.json) json(ids.map((id) => seen.get(id) ?? { id, status: 'UNKNOWN' }));
    return exitOfAll(ids, seen);
  } finally {
    deployment.close();
  }
};
