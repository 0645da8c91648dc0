/** Moments of a ledger that somebody writes to: what was committed up to them is there. */
import type { Head } from '../core/blocks.ts';
import type { Cursor, EntryStore, LaneStore, LedgerReader } from '../ports.ts';
import { laneNumbers } from '../read/statement.ts';

/** What verification reads. */
export interface VerifyDeps {
  readonly store: Pick<LaneStore, 'head'>;
  readonly reader: LedgerReader;
  readonly entries: Pick<EntryStore, 'cursor' | 'find'>;
  readonly lanes: number;
  /** Resolves after so many ms. */
  wait(ms: number): Promise<unknown>;
}

/** A lane before its items are read. */
export interface Mark {
  readonly head: Head;
  readonly cursor: Cursor;
}

/** A lane before its items were read, and its head after. */
export interface LaneSpan {
  readonly from: Mark;
  readonly to: Head;
}

/** A commit is seen item by item for a moment: so long at most. */
export const SETTLE_MS = 100;

/** The heads of all lanes. What is committed up to them can be seen once this resolves. */
export const headsOf = async ({ store, lanes, wait }: VerifyDeps): Promise<readonly Head[]> => {
  await wait(SETTLE_MS);
  const heads = await Promise.all(laneNumbers(lanes).map((lane) => store.head(lane)));
  await wait(SETTLE_MS);
  return heads;
};

/** The state of all lanes before their items are read. */
export const markLanes = async (deps: VerifyDeps): Promise<readonly Mark[]> => {
  const cursors = await Promise.all(
    laneNumbers(deps.lanes).map((lane) => deps.entries.cursor(lane)),
  );
  // After the cursors: no cursor is beyond a head that is read later.
  const heads = await headsOf(deps);
  return cursors.flatMap((cursor, lane) => {
    const head = heads[lane];
    return head ? { cursor, head } : [];
  });
};
