/** Moments of a ledger that somebody writes to: what was committed up to them is there. */
import type { Head } from '../core/blocks.ts';
import type { Cursor, EntryStore, LaneStore, LedgerReader } from '../ports.ts';

/** What verification reads. */
export interface VerifyDeps {
  readonly store: Pick<LaneStore, 'head'>;
  readonly reader: LedgerReader;
  readonly entries: Pick<EntryStore, 'cursor' | 'find'>;
  readonly lanes: number;
  /** Resolves after so many ms. */
  wait(ms: number): Promise<unknown>;
}

/** A lane at one moment. */
export interface Mark {
  readonly head: Head;
  readonly cursor: Cursor;
}

/** The moments before the items were read, and after. */
export interface Span {
  readonly from: Mark;
  readonly to: Mark;
}

/** A commit is seen item by item for a moment: so long at most. */
export const SETTLE_MS = 100;

/** The state of a lane now. */
const markLane = async (
  lane: number,
  { entries, store }: Pick<VerifyDeps, 'entries' | 'store'>,
): Promise<Mark> => {
  // The cursor first: it is never beyond a head that is read after it.
  const cursor = await entries.cursor(lane);
  return { cursor, head: await store.head(lane) };
};

/** The state of all lanes. What is committed up to these heads can be seen once this resolves. */
export const markLanes = async (deps: VerifyDeps): Promise<readonly Mark[]> => {
  await deps.wait(SETTLE_MS);
  const marks: Mark[] = [];
  for (let lane = 0; lane < deps.lanes; lane += 1) marks.push(await markLane(lane, deps));
  await deps.wait(SETTLE_MS);
  return marks;
};
