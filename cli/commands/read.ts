/** `status`, `why`, `jobs`: what the tables know of jobs. */

import type { Deployment } from '#client/deployment.ts';
import { ATTENTION } from '#shared/contracts/jobs.ts';
import type { DeadLetter } from '#shared/jobs/operator/deadLetters.ts';
import { isSuspended, type JobRecord } from '#shared/jobs/record/record.ts';
import type { TraceStep } from '#shared/jobs/record/trace.ts';
import { undecidedText } from '#shared/jobs/record/undecided.ts';
import { deadLetterOf, deadLetterText, shownDeadLetters } from '../deadLetters.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { columns, json, note, out, paint, status as painted, plain, time } from '../print.ts';
import { looking, type SessionOptions } from '../session.ts';
import { type Hiding, hidingFor, withoutSensitive } from '../show/sensitive.ts';
import { describe, exitOf, row, viewOf } from '../show/show.ts';
import { keptOf, stepsOf } from '../show/steps.ts';

/** @throws CliError always, with what is known */
const missing = async (id: string, { faults }: Deployment): Promise<never> => {
  const fault = await faults.get(id);
  if (fault)
    throw new CliError(
      `No record of job ${plain(id)} yet: ${plain(undecidedText(fault))} (${time(fault.at)}).`,
      EXIT.notFound,
    );
  throw new CliError(
    `No record of job ${plain(id)}: it waits in its queue, was never sent, or its record has expired.`,
    EXIT.notFound,
  );
};

const found = async (id: string, deployment: Deployment): Promise<JobRecord> =>
  (await deployment.store.get(id)) ?? missing(id, deployment);

/** Steps may repeat what a payload or a result said. */
const toldBy = (steps: readonly TraceStep[], { message }: Hiding): readonly TraceStep[] =>
  steps.map((step) => ({ ...step, text: message(step.text) }));

/** What is shown of jobs. */
export interface ShownOptions extends SessionOptions {
  /** Also what their kinds call sensitive. */
  readonly showSensitive?: boolean;
}

/**
 * Shows one job with its result. Exits with 0 when it completed, 4 when it ended otherwise, 5 when
 * it has not ended.
 *
 * @throws CliError when there is no record of the job
 */
export const statusCommand = (id: string, options: ShownOptions): Promise<ExitCode> =>
  looking(options, async (deployment) => {
    const record = await found(id, deployment);
    const whole = await viewOf(record, deployment.blobs);
    const hiding = (await hidingFor(deployment, options))(record.kind);
    const job = withoutSensitive(whole, hiding, false);
    const kept = toldBy(await keptOf(record, deployment), hiding);
    if (options.json) json(kept.length > 0 ? { ...job, steps: kept } : job);
    else out(describe(job, kept));
    return exitOf(job.status);
  });

/** A job that no worker saw has only its message. */
const lostSteps = (id: string, letter: DeadLetter, options: SessionOptions): ExitCode => {
  const text = deadLetterText(letter);
  if (options.json) json({ id, steps: [{ at: letter.letter.sentAt, event: 'dead_letter', text }] });
  else out(plain(text));
  return EXIT.ok;
};

const printSteps = (steps: readonly TraceStep[]): void =>
  out(columns(steps.map(({ at, event, text }) => [time(at), event, plain(text)])));

/** A job of the original system that the mesh never had. */
const pastOnly = (id: string, steps: readonly TraceStep[], options: SessionOptions): ExitCode => {
  if (options.json) json({ id, steps });
  else {
    out(`${paint('bold', plain(id))}, a job of the original system`);
    printSteps(steps);
  }
  return EXIT.ok;
};

/** What is known of a job without a record. */
const unrecorded = async (
  id: string,
  letter: DeadLetter | undefined,
  deployment: Deployment,
  options: SessionOptions,
): Promise<ExitCode> => {
  if (letter) return lostSteps(id, letter, options);
  const past = await deployment.past.of(id);
  return past.length > 0 ? pastOnly(id, past, options) : missing(id, deployment);
};

/**
 * Shows every step of a job, in the order of time.
 *
 * @throws CliError when nothing is known of the job
 */
export const why = (id: string, options: ShownOptions): Promise<ExitCode> =>
  looking(options, async (deployment) => {
    const record = await deployment.store.get(id);
    const letter = await deadLetterOf(id, record, deployment);
    if (!record) return unrecorded(id, letter, deployment, options);
    const lost = letter && { event: 'dead_letter', text: deadLetterText(letter) };
    const hiding = (await hidingFor(deployment, options))(record.kind);
    // From the bodies it learns what the steps may repeat.
    withoutSensitive(record, hiding, true);
    const told = toldBy(await stepsOf(record, deployment), hiding);
    const steps = [...told, ...(lost ? [{ at: deployment.clock.now(), ...lost }] : [])];
    if (options.json) json({ id: record.id, status: record.status, steps });
    else {
      out(`${painted(record.status)} ${paint('bold', plain(record.id))} ${plain(record.kind)}`);
      printSteps(steps);
    }
    return EXIT.ok;
  });

export interface JobsOptions extends ShownOptions {
  readonly mission?: string;
  readonly task?: string;
  readonly open?: boolean;
  readonly waiting?: boolean;
  readonly limit: number;
}

const select = async (
  { reader }: Deployment,
  options: JobsOptions,
): Promise<readonly JobRecord[]> => {
  if (options.mission) return reader.labelled('missionId', options.mission, options.limit);
  if (options.task) return reader.labelled('taskId', options.task, options.limit);
  if (options.open) return reader.open(options.limit);
  if (options.waiting) return reader.open(options.limit, isSuspended);
  const all = await Promise.all(ATTENTION.map((status) => reader.attention(status, options.limit)));
  return all
    .flat()
    .sort((a, b) => b.updatedAt - a.updatedAt)
    .slice(0, options.limit);
};

const statusOf = ({ record }: DeadLetter): string => record?.status ?? 'QUEUED';

const letterRow = (letter: DeadLetter): readonly string[] => [
  painted(statusOf(letter)),
  plain(letter.id),
  plain(letter.record?.kind ?? ''),
  time(letter.record?.updatedAt ?? letter.letter.sentAt),
  plain(deadLetterText(letter)),
];

const letterView = (each: DeadLetter) => {
  const { id, letter, record } = each;
  const { messageId, receives, priority, sentAt } = letter;
  const deadLetter = { messageId, receives, priority, sentAt };
  return { ...(record ?? { id, status: statusOf(each) }), deadLetter };
};

const hiddenIn = <T extends JobRecord>(record: T, hiding: Hiding) =>
  withoutSensitive(record, hiding, true);

const noneOf = ({ mission, task, open, waiting }: JobsOptions): string => {
  const label = mission ?? task;
  if (label) return `No job carries the label ${plain(label)}.`;
  if (waiting) return 'No job waits in the middle of its work.';
  return open ? 'Every job that was taken up has ended.' : 'No job needs attention.';
};

/**
 * Lists jobs that need a person's attention, or with options those with a label or those that have
 * not ended.
 */
export const jobs = (options: JobsOptions): Promise<ExitCode> =>
  looking(options, async (deployment) => {
    const records = await select(deployment, options);
    const isLabelled = (options.mission ?? options.task) !== undefined;
    const letters =
      isLabelled || options.open || options.waiting
        ? []
        : await shownDeadLetters(deployment, options.limit);
    if (options.json) {
      const hidings = await hidingFor(deployment, options);
      const views = [...records, ...letters.map(letterView)];
      json(views.map((each) => ('kind' in each ? hiddenIn(each, hidings(each.kind)) : each)));
      return EXIT.ok;
    }
    const rows = [...records.map(row), ...letters.map(letterRow)];
    if (rows.length > 0) out(columns([['STATUS', 'ID', 'KIND', 'UPDATED', 'WHY'], ...rows]));
    else note(noneOf(options));
    if (records.length === options.limit) note(`There may be more: --limit is ${options.limit}.`);
    return EXIT.ok;
  });
