/** The steps and waits of a job as bars over time. */
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import type { Kept } from '#shared/jobs/steps/kept.ts';
import { clipped } from '#shared/kernel/text.ts';
import { duration, paint, plain } from '../print.ts';

/** How many characters the whole life of a job takes. */
const WIDTH = 32;
const NAME_MAX = 48;

interface Span {
  readonly name: string;
  /** ms since the epoch, as is `to`. */
  readonly from: number;
  readonly to: number;
  readonly is: 'step' | 'failed' | 'wait';
}

const SIGNS = { step: '█', failed: '█', wait: '░' } as const;
const STYLES = { step: 'green', failed: 'red', wait: 'dim' } as const;

/** What the job did in its steps. */
const worked = ({ steps }: Pick<Kept, 'steps'>): readonly Span[] =>
  steps.map(({ name, at, tookMs, error }) => ({
    name,
    from: at - tookMs,
    to: at,
    is: error ? 'failed' : 'step',
  }));

/** What the job waited for between its runs. */
const waited = ({ history, status, updatedAt }: JobRecord, now: number): readonly Span[] =>
  history.flatMap(({ event, at, note = 'wait' }, index) => {
    if (event !== 'waiting') return [];
    const to = history[index + 1]?.at ?? (isTerminal(status) ? updatedAt : now);
    return { name: note, from: at, to: Math.max(at, to), is: 'wait' as const };
  });

const barOf = ({ from, to, is }: Span, start: number, total: number): string => {
  const place = (at: number) => Math.round(((at - start) / total) * (WIDTH - 1));
  const [left, right] = [place(from), place(to)];
  const bar = paint(STYLES[is], SIGNS[is].repeat(right - left + 1));
  return `${paint('dim', '·'.repeat(left))}${bar}${paint('dim', '·'.repeat(WIDTH - 1 - right))}`;
};

/**
 * One line for each step and each wait, in the order in which they began; empty for a job without
 * any. @param now ms since the epoch: what has not ended goes on until now
 */
export const stepBars = (
  record: JobRecord,
  kept: Pick<Kept, 'steps'>,
  now: number,
): readonly string[] => {
  if (kept.steps.length === 0 && !record.wait) return [];
  const spans = [...worked(kept), ...waited(record, now)].sort((a, b) => a.from - b.from);
  const start = Math.min(record.createdAt, ...spans.map(({ from }) => from));
  const total = Math.max(1, ...spans.map(({ to }) => to - start));
  const named = spans.map((span) => ({ span, name: clipped(plain(span.name), NAME_MAX) }));
  const width = Math.max(0, ...named.map(({ name }) => name.length));
  return named.map(({ span, name }) => {
    const took = duration(span.to - span.from);
    return `  ${name.padEnd(width)}  ${barOf(span, start, total)}  ${took}`;
  });
};
