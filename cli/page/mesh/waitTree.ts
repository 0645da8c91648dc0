/** Who waits for whom, as trees: a cause, below it the jobs that wait for it, below these their own. */
import type { WaitCause } from '../../console/wireViews.ts';

/** One box of a tree. */
export interface WaitRow {
  /** What it is: a cause, a job that waits, or a number of further ones. */
  readonly as: 'cause' | 'job' | 'more';
  readonly kind: WaitCause['kind'];
  readonly name: string;
  readonly title: string;
  readonly says: string;
  readonly depth: number;
  /** The number of the row above that it hangs on. */
  readonly under?: number;
  /** It waits for a job that waits for it: none of them can go on. */
  readonly isRing: boolean;
}

/** Boxes of one tree, and jobs below one cause: a picture shows the shape, the list shows all. */
const ROWS_MAX = 14;
const WAITERS_MAX = 4;

const jobCauses = (causes: readonly WaitCause[]): ReadonlyMap<string, WaitCause> =>
  new Map(causes.flatMap((each) => (each.kind === 'job' ? [[each.name, each] as const] : [])));

interface Growing {
  readonly rows: WaitRow[];
  readonly jobs: ReadonlyMap<string, WaitCause>;
  /** Jobs whose waiters are drawn already. */
  readonly drawn: Set<string>;
}

interface Spot {
  readonly depth: number;
  readonly under: number;
  /** The jobs above it. */
  readonly path: readonly string[];
}

const growBelow = (cause: WaitCause, spot: Spot, growing: Growing): void => {
  const { rows, jobs, drawn } = growing;
  const { depth, under, path } = spot;
  const shown = cause.waiters.slice(0, WAITERS_MAX);
  const row = { kind: 'job', depth, under } as const;
  for (const [n, { job, says }] of shown.entries()) {
    if (rows.length >= ROWS_MAX) {
      const title = `${cause.waiters.length + cause.more - n} more`;
      rows.push({ ...row, as: 'more', name: cause.name, title, says: '', isRing: false });
      return;
    }
    const isRing = path.includes(job);
    rows.push({ ...row, as: 'job', name: job, title: job, says, isRing });
    const own = jobs.get(job);
    if (isRing || !own || drawn.has(job)) continue;
    drawn.add(job);
    growBelow(own, { depth: depth + 1, under: rows.length - 1, path: [...path, job] }, growing);
  }
  const left = cause.waiters.length + cause.more - shown.length;
  if (left > 0)
    rows.push({
      ...row,
      as: 'more',
      name: cause.name,
      title: `${left} more`,
      says: '',
      isRing: false,
    });
};

/**
 * A tree for each cause that is not below another one, with the most boxes first. A ring of jobs
 * that wait for each other begins with the first of them.
 */
export const waitTrees = (causes: readonly WaitCause[]): readonly (readonly WaitRow[])[] => {
  const jobs = jobCauses(causes);
  const waiting = new Set(causes.flatMap(({ waiters }) => waiters.map(({ job }) => job)));
  const drawn = new Set<string>();
  const trees: WaitRow[][] = [];
  const grow = (cause: WaitCause): void => {
    const { kind, name, title, why, waiters } = cause;
    if (waiters.length === 0 || (kind === 'job' && drawn.has(name))) return;
    const root = { kind, name, says: why, depth: 0, isRing: false } as const;
    const rows: WaitRow[] = [{ ...root, as: 'cause', title: kind === 'job' ? name : title }];
    if (kind === 'job') drawn.add(name);
    const path = kind === 'job' ? [name] : [];
    growBelow(cause, { depth: 1, under: 0, path }, { rows, jobs, drawn });
    trees.push(rows);
  };
  const isBelow = ({ kind, name }: WaitCause): boolean => kind === 'job' && waiting.has(name);
  for (const cause of causes) if (!isBelow(cause)) grow(cause);
  // What is left hangs below nothing: rings.
  for (const cause of causes) if (isBelow(cause)) grow(cause);
  return trees.toSorted((a, b) => b.length - a.length);
};
