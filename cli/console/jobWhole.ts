/** One job whole: what `status`, `why` and `flow` tell of it, and what can be done with it now. */
import type { Deployment } from '#client/deployment.ts';
import { flowOf } from '#shared/jobs/flow/flowTree.ts';
import { isSuspended, isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { undecidedText } from '#shared/jobs/record/undecided.ts';
import type { Kept } from '#shared/jobs/steps/kept.ts';
import { ownerOf } from '#shared/jobs/steps/owner.ts';
import { keptBody } from '#shared/jobs/worker/waits/park.ts';
import { isJsonObject, type Json, readJson } from '#shared/kernel/json.ts';
import { deadLetterOf, deadLetterText } from '../deadLetters.ts';
import { hidingOf, sensitiveFields, withoutSensitive } from '../show/sensitive.ts';
import { viewOf } from '../show/show.ts';
import { stepsOf } from '../show/steps.ts';
import { hasMarks, markOf, withoutMarks } from './hidden.ts';
import type { Answering } from './server.ts';
import type { JobWhole, StepLine, TraceLine } from './wire.ts';

const FLOW_MAX = 1_000;

const stepLines = ({ steps }: Kept): readonly StepLine[] =>
  steps.map(({ name, op, at, tookMs, tries, job, error }) => ({
    name,
    op,
    at,
    tookMs,
    tries,
    ...(job !== undefined && { job }),
    ...(error && { code: error.code }),
  }));

/** The actions that have a meaning for the job as it is; the rules decide again when one is asked. */
const canOf = (record: JobRecord, steps: readonly StepLine[], lost: boolean): readonly string[] => {
  const { status, halted, wait } = record;
  if (halted) return ['skip', 'resume'];
  const hasEnded = isTerminal(status);
  const isBack = ['DEAD', 'QUARANTINED', 'CANCELLED'].includes(status);
  const signals = isSuspended(record) && (wait?.for ?? []).some(({ op }) => op === 'signal');
  return [
    ...(hasEnded ? [] : ['cancel']),
    ...(isBack || lost ? ['redrive'] : []),
    ...(isBack && steps.length > 0 ? ['retry'] : []),
    ...(signals ? ['signal'] : []),
    ...(hasEnded && record.callback ? ['replay'] : []),
  ];
};

/** What is known of a job without a row: a fault of its worker, or a message that SQS gave up on. */
const withoutRow = async (id: string, deployment: Deployment): Promise<JobWhole | undefined> => {
  const [fault, letter] = await Promise.all([
    deployment.faults.get(id),
    deadLetterOf(id, undefined, deployment),
  ]);
  const trace: TraceLine[] = [
    ...(fault ? [{ at: fault.at, event: 'undecided', text: undecidedText(fault) }] : []),
    ...(letter
      ? [{ at: letter.letter.sentAt, event: 'dead_letter', text: deadLetterText(letter) }]
      : []),
  ];
  const [first] = trace;
  if (!first) return undefined;
  const job = { id, status: 'QUEUED', kind: '', createdAt: first.at, updatedAt: first.at };
  return { job, trace, steps: [], signals: [], can: letter ? ['redrive'] : [] };
};

/** A job by its id, with its whole trace. */
export const jobOf =
  (deployment: Deployment): Answering =>
  async (query): Promise<JobWhole | undefined> => {
    const id = query.get('id') ?? '';
    const record = await deployment.store.get(id);
    if (!record) return withoutRow(id, deployment);
    // A large result stays in the bucket until somebody asks for it.
    const { resultRef, ...small } = record;
    const [view, trace, kept, letter, fields] = await Promise.all([
      viewOf(small, deployment.blobs),
      stepsOf(record, deployment),
      deployment.stepStore.read(ownerOf(record, record.updatedAt)),
      deadLetterOf(id, record, deployment),
      sensitiveFields(deployment),
    ]);
    const paths = fields(record.kind);
    const hiding = hidingOf(paths, markOf);
    const shown = withoutSensitive(view, hiding, false);
    const steps = stepLines(kept);
    const lost = letter
      ? [{ at: letter.letter.sentAt, event: 'dead_letter', text: deadLetterText(letter) }]
      : [];
    return {
      job: { ...shown, ...(resultRef !== undefined && { resultRef }) },
      ...(paths.length > 0 && { sensitive: paths }),
      trace: [...trace, ...lost].map((line) => ({ ...line, text: hiding.message(line.text) })),
      steps,
      signals: (record.wait?.for ?? []).flatMap(({ op, name }) => (op === 'signal' ? name : [])),
      can: canOf(record, steps, letter !== undefined),
    };
  };

const resultText = async (
  { result, resultRef }: JobRecord,
  { blobs }: Deployment,
): Promise<string | undefined> =>
  result ?? (resultRef === undefined ? undefined : await blobs.get(resultRef));

/**
 * The text of a large result, or of the envelope of a job that the table keeps; with `show` also its
 * sensitive fields.
 */
export const bodyOfJob =
  (deployment: Deployment): Answering =>
  async (query) => {
    const record = await deployment.store.get(query.get('id') ?? '');
    if (!record) return undefined;
    const fields = query.get('show') === 'yes' ? () => [] : await sensitiveFields(deployment);
    const hiding = hidingOf(fields(record.kind), markOf);
    const ofResult = query.get('of') === 'result';
    const text = ofResult
      ? await resultText(record, deployment)
      : await keptBody(record, deployment.blobs);
    if (text === undefined) return {};
    return { text: ofResult ? hiding.result(text) : hiding.envelope(text) };
  };

/**
 * The patch of a payload that the page showed, with the hidden values that it keeps.
 *
 * @throws CliError for a mark of no value of this job
 */
export const patchOfPage = async (
  patch: Json | undefined,
  ids: readonly string[],
  deployment: Deployment,
): Promise<Json | undefined> => {
  if (patch === undefined || !hasMarks(patch)) return patch;
  const [id = ''] = ids;
  const record = ids.length === 1 ? await deployment.store.get(id) : undefined;
  const body = record && (await keptBody(record, deployment.blobs));
  const envelope = body === undefined ? undefined : readJson(body);
  const payload = isJsonObject(envelope) ? (envelope['payload'] as Json | undefined) : undefined;
  const fields = await sensitiveFields(deployment);
  return withoutMarks(patch, payload ?? null, fields(record?.kind ?? ''));
};

/** The jobs that follow from a job. */
export const flowOfJob =
  (deployment: Deployment): Answering =>
  (query) =>
    flowOf(query.get('id') ?? '', FLOW_MAX, deployment);
