/** The balance of an account over time, from its statement. */
import type { BoardWidget } from '../../console/wire.ts';

/** An entry of a statement. */
export interface EntryChange {
  /** ms since the epoch. */
  readonly at: number;
  readonly change: string;
}

const BINS = 120;

/** What the account had after each entry, the oldest first; the last is what it has now. */
const balancesOf = (posted: string, newestFirst: readonly EntryChange[]) => {
  let after = BigInt(posted);
  const all = newestFirst.map(({ at, change }) => {
    const point = { at, after: Number(after) };
    after -= BigInt(change);
    return point;
  });
  return { before: Number(after), points: all.reverse() };
};

/**
 * A graph of the entries, until now; undefined for fewer than two.
 *
 * @param now ms since the epoch
 */
export const balanceGraph = (
  posted: string,
  unit: string,
  newestFirst: readonly EntryChange[],
  now: number,
) => {
  const { before, points } = balancesOf(posted, newestFirst);
  const [first] = points;
  if (!first || points.length < 2) return undefined;
  const binMs = Math.max(1, Math.ceil((now - first.at) / (BINS - 2)));
  const from = first.at - binMs;
  const values = Array.from({ length: BINS }, (_, bin) => {
    const end = from + (bin + 1) * binMs;
    return points.findLast(({ at }) => at < end)?.after ?? before;
  });
  const widget: BoardWidget = {
    title: 'Posted balance',
    view: 'lines',
    unit,
    limits: [],
    lines: [{ label: 'posted', points: values }],
    counted: [false],
  };
  return { widget, span: { from, binMs, length: BINS } };
};
