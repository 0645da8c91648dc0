/** The life of a job as bars over time: where it waited, where it ran, which steps it did. */
import type { JobWhole } from '../../console/wire.ts';

/** One bar. Times are ms since the epoch. */
export interface Bar {
  readonly lane: 'wait' | 'run' | 'step';
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** How it ended: the class of its colour. */
  readonly end: 'good' | 'bad' | 'warn' | 'open' | 'plain';
}

const ENDS: Readonly<Record<string, Bar['end']>> = {
  completed: 'good',
  dead: 'bad',
  halted: 'bad',
  quarantined: 'bad',
  retrying: 'warn',
  cancelled: 'warn',
  unwinding: 'warn',
};

/** What a job waits for after an event; a terminal event is not here. */
const WAITS: Readonly<Record<string, string>> = {
  sent: 'in its queue',
  retrying: 'for its next try',
  snoozed: 'snoozed',
  interrupted: 'for another worker',
  scheduled: 'for its time',
  waiting: 'for others',
  limited: 'for its source’s limit',
  parked: 'parked',
  redriven: 'put back',
  resumed: 'put back in its place',
  halted: 'for a decision',
  unwinding: 'to take steps back',
};

/** The trace counts attempts: a run that stopped to wait is no attempt more. */
const attemptOf = (text: string): string => /^attempt \d+/.exec(text)?.[0] ?? 'attempt';

const waitOf = (event: string, text: string): string =>
  /^waits (for .*), at most/.exec(text)?.[1] ?? WAITS[event] ?? event;

const isDecision = (event: string): boolean =>
  event === 'claimed' || event in ENDS || event in WAITS;

/**
 * The bars in the order of time.
 *
 * @param now ms since the epoch: what has not ended goes on until now
 */
export const barsOf = ({ job, trace, steps }: JobWhole, now: number): readonly Bar[] => {
  const bars: Bar[] = [];
  let open: { lane: 'wait' | 'run'; name: string; from: number } | undefined;
  const close = (at: number, end: Bar['end']): void => {
    if (open && at >= open.from) bars.push({ ...open, to: at, end });
    open = undefined;
  };
  for (const { at, event, text } of trace.filter((each) => isDecision(each.event))) {
    close(at, event === 'claimed' ? 'plain' : (ENDS[event] ?? 'plain'));
    if (event === 'claimed') {
      open = { lane: 'run', name: attemptOf(text), from: at };
    } else if (WAITS[event]) open = { lane: 'wait', name: waitOf(event, text), from: at };
  }
  const isOver = ['COMPLETED', 'DEAD', 'CANCELLED', 'QUARANTINED'].includes(job.status);
  close(isOver ? job.updatedAt : now, 'open');
  const inOrder = steps.toSorted((a, b) => a.at - b.at);
  const done = inOrder.map(
    ({ name, at, tookMs, code }): Bar => ({
      lane: 'step',
      name,
      from: at - tookMs,
      to: at,
      end: code ? 'bad' : 'good',
    }),
  );
  return [...bars, ...done];
};
