/** The trace of a job: every decision about the job, in order, in plain words. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { DeliveryState } from '../ports/jobs.ts';
import type { HistoryEvent, JobRecord } from './record.ts';

/** One step of a trace. */
export interface TraceStep {
  /** ms since the epoch. */
  readonly at: number;
  readonly event: string;
  readonly text: string;
}

const errorText = (record: JobRecord, event: HistoryEvent): string => {
  const error = record.errors?.find((candidate) => candidate.at === event.at) ?? record.error;
  return error ? `${error.code}: ${error.message}` : (event.code ?? 'unknown error');
};

/** A wait in the unit that people would use. */
const wait = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} days`;
};

const until = ({ at, dueAt = at }: HistoryEvent): string =>
  `until ${new Date(dueAt).toISOString()} (${wait(dueAt - at)})`;

const person = ({ by = 'unknown', note }: HistoryEvent): string =>
  `by ${by}${note ? `: ${note}` : ''}`;

interface Telling {
  readonly record: JobRecord;
  readonly event: HistoryEvent;
  readonly attempt: number;
  /** The claim of the attempt that was lost before this claim; undefined when none was lost. */
  readonly lost: HistoryEvent | undefined;
}

/** How a lost attempt is told. A worker that died with several jobs proves nothing against one. */
const lostText = (lost: HistoryEvent): string => {
  const what = '; the attempt before it never reported back and its lease ran out';
  if (lost.beside === undefined) return what;
  return `${what}, with ${lost.beside} others in its worker: not counted, and now it runs alone`;
};

const TEXTS: Readonly<Record<HistoryEvent['event'], (told: Telling) => string>> = {
  claimed: ({ event, attempt, lost }) =>
    `attempt ${attempt} claimed by request ${event.by ?? 'unknown'}${lost ? lostText(lost) : ''}`,
  dispatched: ({ event }) => `host ${event.by ?? 'unknown'} asked to run it${event.note ?? ''}`,
  retrying: ({ record, event }) =>
    `attempt ${event.attempt} failed, again in ${wait((event.dueAt ?? event.at) - event.at)} (${errorText(record, event)})`,
  snoozed: ({ event }) =>
    `attempt ${event.attempt} given back: not yet, snoozed ${until(event)}${event.note ? `: ${event.note}` : ''}`,
  interrupted: ({ event }) =>
    `attempt ${event.attempt} given back: its invocation ended before it did`,
  scheduled: ({ event }) =>
    event.note === undefined
      ? `not to start before its time: waits ${until(event)}`
      : `may not start (${event.note}): looked at again ${until(event)}`,
  waiting: ({ event }) => `waits for ${event.note ?? 'other jobs'}, at most ${until(event)}`,
  limited: ({ record, event }) => `source ${record.source} is at its limit: waits ${until(event)}`,
  parked: ({ event }) =>
    `may not start (${event.note ?? 'no reason given'}): kept by the table, looked at again ${until(event)}`,
  completed: ({ event }) =>
    `attempt ${event.attempt} completed${event.note ? `; ${event.note}` : ''}`,
  dead: ({ record, event }) =>
    event.attempt === 0
      ? `given up without a run (${errorText(record, event)})`
      : `given up after attempt ${event.attempt} (${errorText(record, event)})`,
  halted: ({ record, event }) =>
    `given up after attempt ${event.attempt}, and its group waits for a decision (${errorText(record, event)})`,
  unwinding: ({ event }) => `takes its steps back: ${event.note ?? 'it failed'}`,
  resumed: ({ event }) => `put back at the head of its group ${person(event)}`,
  skipped: ({ event }) => `stays dead, its group goes on; decided ${person(event)}`,
  cancelled: ({ event }) => `cancelled ${person(event)}`,
  redriven: ({ event }) =>
    `put back ${person(event)}${(event.dueAt ?? event.at) > event.at ? `; waits ${until(event)}` : ''}`,
  quarantined: ({ record, event }) => `refused, its body is kept (${errorText(record, event)})`,
};

/** The claim before this claim, when no decision came between them: its attempt was lost. */
const lostBefore = (history: readonly HistoryEvent[], index: number): HistoryEvent | undefined => {
  if (history[index]?.event !== 'claimed') return undefined;
  const before = history.slice(0, index).findLast(({ event }) => event !== 'dispatched');
  return before?.event === 'claimed' ? before : undefined;
};

/** Events after which an attempt does not count, when they name it: it was given back. */
const GIVEN_BACK: readonly HistoryEvent['event'][] = [
  ...(['snoozed', 'interrupted', 'waiting', 'unwinding'] as const),
];

/** The number of the current attempt after an event. */
const counted = (
  attempt: number,
  { event, attempt: of }: HistoryEvent,
  index: number,
  history: readonly HistoryEvent[],
): number => {
  const isSpared = lostBefore(history, index)?.beside !== undefined;
  if (event === 'claimed') return isSpared ? attempt : attempt + 1;
  if (GIVEN_BACK.includes(event) && of !== undefined) return attempt - 1;
  return event === 'redriven' || event === 'resumed' ? 0 : attempt;
};

const sentStep = (record: JobRecord): readonly TraceStep[] => {
  if (record.messageId === '') return [];
  const { priority, source, messageId, group, parentId, schedule } = record;
  const sender = schedule ? `schedule ${schedule}` : source;
  const by = parentId ? `${source} for job ${parentId}` : sender;
  const text = `sent to the ${priority} queue by ${by} as message ${messageId}, group ${group}`;
  return [{ at: record.createdAt, event: 'sent', text }];
};

const wishStep = ({ cancelRequest }: JobRecord): readonly TraceStep[] => {
  if (!cancelRequest) return [];
  const { at, by, reason } = cancelRequest;
  return [{ at, event: 'cancel_requested', text: `cancellation asked for by ${by}: ${reason}` }];
};

/** The steps of other messages under the job's id. */
export const repeatSteps = ({ repeats = [] }: JobRecord): readonly TraceStep[] =>
  repeats.map(({ at, messageId, code, options = [] }, index): TraceStep => {
    const last = index === LIMITS.repeatsKept - 1 ? '; further ones are not noted' : '';
    if (code === 'REPEATED') {
      const text = `message ${messageId} asked for the same job again; of that message ${options.join(', ')} did not count${last}`;
      return { at, event: 'repeated', text };
    }
    const text = `message ${messageId} has other content under the same id: refused (${code}), and kept as job ${messageId}${last}`;
    return { at, event: 'refused', text };
  });

/** The steps of a callback, one for each try. */
export const callbackSteps = ({ url, tries }: DeliveryState): readonly TraceStep[] =>
  tries.map(({ at, state, detail }) => ({
    at,
    event: state === 'DELIVERED' ? 'delivered' : 'callback_failed',
    text: `posted to ${url}: ${detail}${state === 'FAILED' ? '; given up' : ''}`,
  }));

/** The steps of a job, without its callback: sent, decisions, repeats, a cancel request. */
export const traceOf = (record: JobRecord): readonly TraceStep[] => {
  const { history } = record;
  // The oldest events of a long history are gone, so the first number is counted from the end.
  let attempt = record.attempt - history.reduce(counted, 0);
  if (history.some(({ event }) => event === 'redriven' || event === 'resumed')) attempt = 0;
  const steps = history.map((event, index): TraceStep => {
    attempt = counted(attempt, event, index, history);
    const lost = lostBefore(history, index);
    const text = TEXTS[event.event]({ record, event, attempt, lost });
    return { at: event.at, event: event.event, text };
  });
  return [...sentStep(record), ...steps, ...repeatSteps(record), ...wishStep(record)];
};
