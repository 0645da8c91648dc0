/** The trace of a job: every decision about it, in order, in plain words. */
import type { HistoryEvent, JobRecord } from './record.ts';

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

const seconds = (ms: number): string => `${Math.max(0, Math.round(ms / 1_000))} s`;

const textOf = (
  record: JobRecord,
  event: HistoryEvent,
  attempt: number,
  repeated: boolean,
): string => {
  switch (event.event) {
    case 'claimed':
      return `attempt ${attempt} claimed by request ${event.by ?? 'unknown'}${
        repeated ? `; attempt ${attempt - 1} never reported back and its lease ran out` : ''
      }`;
    case 'retrying':
      return `attempt ${event.attempt} failed, again in ${seconds((event.dueAt ?? event.at) - event.at)} (${errorText(record, event)})`;
    case 'completed':
      return `attempt ${event.attempt} completed`;
    case 'dead':
      return `given up after attempt ${event.attempt} (${errorText(record, event)})`;
    case 'quarantined':
      return `refused, its body is kept (${errorText(record, event)})`;
  }
};

export const traceOf = (record: JobRecord): readonly TraceStep[] => {
  const sent: TraceStep = {
    at: record.createdAt,
    event: 'sent',
    text: `sent to the ${record.priority} queue by ${record.source} as message ${record.messageId}, group ${record.group}`,
  };
  let claims = record.attempt - record.history.filter(({ event }) => event === 'claimed').length;
  const steps = record.history.map((event, index): TraceStep => {
    if (event.event === 'claimed') claims += 1;
    const repeated = event.event === 'claimed' && record.history[index - 1]?.event === 'claimed';
    return { at: event.at, event: event.event, text: textOf(record, event, claims, repeated) };
  });
  return [sent, ...steps];
};
