/** The steps and waits of a job in plain words. */
import { clipped } from '#shared/kernel/text.ts';
import type { Arrival, Awaited, Kept, KeptStep, Past, RefusedSignal } from '../steps/kept.ts';
import { isSuspended, type JobRecord } from './record.ts';
import type { TraceStep } from './trace.ts';

/** How much of a result or of a signal is shown, in characters. */
const SHOWN_MAX = 200;

const shown = (json: string | undefined, ref?: string): string => {
  if (ref !== undefined) return 'a large result in the bucket';
  return json === undefined ? 'nothing' : clipped(json, SHOWN_MAX);
};

const stepText = ({ op, name, tries, tookMs, job, result, resultRef, error }: KeptStep): string => {
  const how = op === 'step' ? ` (${tries} ${tries === 1 ? 'try' : 'tries'}, ${tookMs} ms)` : '';
  const whom = job === undefined ? '' : ` of job ${job}`;
  const end = error ? `${error.code}: ${error.message}` : shown(result, resultRef);
  return `"${name}"${whom}: ${end}${how}`;
};

const pastSteps = (past: Past = {}): readonly TraceStep[] =>
  Object.entries(past).map(([name, at]) => ({ at, event: 'slept', text: `"${name}" is over` }));

const arrivalStep = (arrival: Arrival): TraceStep => {
  if (arrival.kind === 'timeout')
    return { at: arrival.at, event: 'timeout', text: `no signal "${arrival.name}" came in time` };
  const { name, by, data, at } = arrival.signal;
  return { at, event: 'signal', text: `"${name}" by ${by}: ${shown(data)}` };
};

const refusedStep = ({ name, by, data, at, why }: RefusedSignal): TraceStep => ({
  at,
  event: 'refused',
  text: `signal "${name}" by ${by} was not taken, ${clipped(why, SHOWN_MAX)}: ${shown(data)}`,
});

/** What a job waits for in words, such as `signal "approval" until 2027-01-31T08:00:00.000Z`. */
const awaitedText = ({ op, name, until, job, tries }: Awaited): string => {
  const what = op === 'retry' ? `try ${(tries ?? 0) + 1} of step` : op;
  const whom = job === undefined ? '' : ` of job ${job}`;
  const when = until === undefined ? '' : ` until ${new Date(until).toISOString()}`;
  return `${what} "${name}"${whom}${when}`;
};

/** What the job waits for in the middle of its work; nothing when it does not. */
export const awaitedOf = (
  record: Pick<JobRecord, 'status' | 'wait' | 'pending'>,
): readonly string[] => (isSuspended(record) ? (record.wait?.for ?? []).map(awaitedText) : []);

/** The steps, the signals and the waits of a job, in the order of time. */
export const stepTrace = (
  record: JobRecord,
  { steps, arrivals, refused = [] }: Kept,
): readonly TraceStep[] =>
  [
    // The end of a sleep may be kept with the wait and with a later step: it is told once.
    ...pastSteps(Object.assign({}, record.wait?.past, ...steps.map(({ past }) => past))),
    ...steps.map((step) => ({ at: step.at, event: step.op, text: stepText(step) })),
    ...arrivals.map(arrivalStep),
    ...refused.map(refusedStep),
  ].sort((a, b) => a.at - b.at);
