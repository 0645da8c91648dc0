/** A job as text for people and as JSON for programs. */

import type { Blobs } from '#shared/jobs/ports/jobs.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { awaitedOf } from '#shared/jobs/record/stepTrace.ts';
import type { TraceStep } from '#shared/jobs/record/trace.ts';
import type { Json } from '#shared/kernel/json.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { columns, duration, paint, plain, status, time } from '../print.ts';

export interface JobView extends Omit<JobRecord, 'result' | 'resultRef' | 'pending'> {
  /** Number of dependencies that have not ended. */
  readonly pending?: number;
  readonly result?: Json;
}

/** The record with its result as JSON; a large result is read from the bucket. */
export const viewOf = async (record: JobRecord, blobs: Blobs): Promise<JobView> => {
  const { result, resultRef, pending, ...others } = record;
  const rest = pending ? { ...others, pending: pending.size } : others;
  const text = result ?? (resultRef === undefined ? undefined : await blobs.get(resultRef));
  return text === undefined ? rest : { ...rest, result: JSON.parse(text) as Json };
};

/** The exit code for a job's status: 0 completed, 4 ended otherwise, 5 not ended. */
export const exitOf = (value: JobRecord['status']): ExitCode => {
  if (value === 'COMPLETED') return EXIT.ok;
  return isTerminal(value) ? EXIT.refused : EXIT.open;
};

/** The last progress report of a running job. */
export const progressText = ({
  status: state,
  progress,
}: Pick<JobRecord, 'status' | 'progress'>): string | undefined =>
  progress && state === 'RUNNING'
    ? `${Math.round(progress.fraction * 100)} %${progress.note ? ` ${progress.note}` : ''}`
    : undefined;

const waitsFor = ({ pending, ...job }: JobView): string | undefined =>
  pending ? `${pending} jobs` : awaitedOf(job).join(', ');

const labels = (job: JobView): string[][] =>
  (
    [
      ['kind', job.kind],
      ['source', job.source],
      ['group', job.group],
      ['mission', job.missionId],
      ['task', job.taskId],
      ['attempt', String(job.attempt)],
      ['sent', time(job.createdAt)],
      [
        'updated',
        `${time(job.updatedAt)} (${duration(job.updatedAt - job.createdAt)} after it was sent)`,
      ],
      ['waits for', waitsFor(job)],
      ['due', job.dueAt === undefined ? undefined : time(job.dueAt)],
      ['progress', progressText(job)],
      ['others', job.repeats && `${job.repeats.length} messages more under this id: see its trace`],
      ['error', job.error && `${job.error.code}: ${job.error.message}`],
    ] as const
  ).flatMap(([name, value]) => (value ? [[name, plain(value)]] : []));

/** A job as text, with its steps and its result. */
export const describe = (job: JobView, steps: readonly TraceStep[] = []): string => {
  const head = `${status(job.status)} ${paint('bold', plain(job.id))}`;
  const done = columns(steps.map(({ at, event, text }) => [time(at), event, plain(text)]));
  const body = `${columns(labels(job))}${steps.length > 0 ? `\n${done}` : ''}`;
  if (job.result === undefined) return `${head}\n${body}`;
  return `${head}\n${body}\n${plain(JSON.stringify(job.result, null, 2))}`;
};

const whyOf = (job: JobRecord): string => {
  const awaited = awaitedOf(job);
  if (awaited.length > 0) return `waits for ${awaited.join(', ')}`;
  return job.error ? `${job.error.code}: ${job.error.message}` : '';
};

/** A job as a row of the list `jobs`. */
export const row = (job: JobRecord): string[] => [
  job.status.padEnd(11),
  plain(job.id),
  plain(job.kind || '-'),
  time(job.updatedAt),
  plain(whyOf(job)),
];
