/** `watch`: follow jobs until each has ended. */

import type { TargetOptions } from '#client/target.ts';
import { watchJobs } from '#client/wait.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { json, out, plain, status, time } from '../print.ts';
import { looking } from '../session.ts';
import { progressText } from '../show.ts';

export interface WatchOptions extends TargetOptions {
  readonly json?: boolean;
  /** Seconds; 0 waits for ever. */
  readonly timeout: number;
}

export const exitOfAll = (
  ids: readonly string[],
  seen: ReadonlyMap<string, JobRecord>,
): ExitCode => {
  const states = ids.map((id) => seen.get(id)?.status);
  if (states.some((state) => state && isTerminal(state) && state !== 'COMPLETED'))
    return EXIT.refused;
  return states.every((state) => state === 'COMPLETED') ? EXIT.ok : EXIT.open;
};

const print = (record: JobRecord): void => {
  const { id, error } = record;
  const failed = error && record.status !== 'COMPLETED';
  const why = progressText(record) ?? (failed ? `${error.code}: ${error.message}` : '');
  out(
    `${time(record.updatedAt)}  ${status(record.status, 11)}  ${plain(`${id}  ${why}`.trimEnd())}`,
  );
};

export const watch = (ids: readonly string[], options: WatchOptions): Promise<ExitCode> =>
  looking(options, async (deployment) => {
    const timeoutMs = options.timeout === 0 ? Number.POSITIVE_INFINITY : options.timeout * 1_000;
    const onChange = options.json ? () => undefined : print;
    const seen = await watchJobs(deployment, { ids, timeoutMs, onChange });
    if (options.json) json(ids.map((id) => seen.get(id) ?? { id, status: 'UNKNOWN' }));
    return exitOfAll(ids, seen);
  });
