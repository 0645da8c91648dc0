/** The last lines that functions of an embedded cloud printed, for the pages of their jobs. */
import type { FunctionLogLine } from '#emulator/lambda/environment.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import type { LogLine } from './wireViews.ts';

/** Keeps lines; the oldest go. */
export interface LogLines {
  keep(line: FunctionLogLine): void;
  /** The lines of a job's attempts, the oldest first. */
  of(job: Pick<JobRecord, 'id' | 'history' | 'updatedAt'>): readonly LogLine[];
}

const LINES_MAX = 5_000;
const CHARACTERS_MAX = 4_000;
const FOUND_MAX = 200;
/** A line may be read a moment after the decision that it is about. */
const LATE_MS = 1_000;
/** The logger's field: such a line says itself which request it is of. */
const REQUEST_FIELD = '"function_request_id"';

interface Kept extends LogLine {
  readonly pid: number;
}

interface Attempt {
  readonly request: string;
  readonly from: number;
  readonly to: number;
}

const attemptsOf = ({ history, updatedAt }: Pick<JobRecord, 'history' | 'updatedAt'>) =>
  history.flatMap(({ event, at, by }, index): Attempt[] =>
    event === 'claimed' && by !== undefined
      ? [{ request: by, from: at, to: (history[index + 1]?.at ?? updatedAt) + LATE_MS }]
      : [],
  );

/** Keeps the last 5,000 lines. */
export const createLogLines = (clock: Clock): LogLines => {
  const lines: Kept[] = [];
  /** A line of a request, or of the process that ran it, while it ran it. */
  const isOf = (line: Kept, { request, from, to }: Attempt, pids: ReadonlySet<number>): boolean => {
    if (line.text.includes(request)) return true;
    const isOfAnother = line.text.includes(REQUEST_FIELD);
    return !isOfAnother && pids.has(line.pid) && line.at >= from && line.at <= to;
  };
  return {
    keep: ({ functionId, pid, text }) => {
      const shown = text.slice(0, CHARACTERS_MAX);
      lines.push({ at: clock.now(), from: functionId, text: shown, pid });
      if (lines.length > LINES_MAX) lines.splice(0, lines.length - LINES_MAX);
    },
    of: (job) => {
      const found = attemptsOf(job).flatMap((attempt) => {
        const pids = new Set(
          lines.filter(({ text }) => text.includes(attempt.request)).map(({ pid }) => pid),
        );
        return lines.filter((line) => isOf(line, attempt, pids));
      });
      return [...new Set(found)]
        .slice(-FOUND_MAX)
        .map(({ at, from, text }) => ({ at, from, text }));
    },
  };
};
