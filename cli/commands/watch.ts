/** `watch`: follows jobs until each has ended. */

import type { TargetOptions } from '#client/target.ts';
import { watchJobs } from '#client/wait.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { repeatSteps } from '#shared/jobs/record/trace.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { json, note, out, plain, readerLeft, status, time } from '../print.ts';
import { looking } from '../session.ts';
import { hidingFor, withoutSensitive } from '../show/sensitive.ts';
import { progressText } from '../show/show.ts';

export interface WatchOptions extends TargetOptions {
  readonly json?: boolean;
  readonly showSensitive?: boolean;
  /** Seconds; 0 waits without limit. */
  readonly timeout: number;
}

/**
 * The exit code for several jobs: 0 when all completed, 4 when one ended otherwise, else 5.
 *
 * @param states undefined for a job without a record
 */
export const exitOfStates = (states: readonly (JobRecord['status'] | undefined)[]): ExitCode => {
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

/** An id does not say which content is meant, so what was refused under this id is told. */
const remark = (record: JobRecord | undefined): void => {
  for (const { event, text } of record ? repeatSteps(record) : [])
    note(`${event}: ${plain(`${record?.id}: ${text}`)}`);
};

/** Prints each change of the jobs until all have ended, or the time is over. */
export const watch = (ids: readonly string[], options: WatchOptions): Promise<ExitCode> =>
  looking(options, async (deployment) => {
    const timeoutMs = options.timeout === 0 ? Number.POSITIVE_INFINITY : options.timeout * 1_000;
    const onChange = options.json ? () => undefined : print;
    const seen = await watchJobs(deployment, { ids, timeoutMs, onChange, signal: readerLeft });
    if (options.json) {
      const hidings = await hidingFor(deployment, options);
      const told = (id: string) => {
        const record = seen.get(id);
        if (!record) return { id, status: 'UNKNOWN' };
        return withoutSensitive(record, hidings(record.kind), true);
      };
      json(ids.map(told));
    }
    for (const id of ids) remark(seen.get(id));
    return exitOfStates(ids.map((id) => seen.get(id)?.status));
  });
