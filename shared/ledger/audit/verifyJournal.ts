/**
 * Executes the journal of a lane again, and compares the lane with its items. The items were read
 * before: what was written since is in the journal, so each item has its place there.
 */
import { chunksOf } from '#shared/kernel/batches.ts';
import { type Block, entriesOf, type Head } from '../core/blocks.ts';
import { nameOf, placeOf } from '../core/book.ts';
import type { Position } from '../core/types.ts';
import type { Cursor, EntryStore, LaneStore, LedgerReader, StoredBalance } from '../ports.ts';
import { statementOf } from '../read/projectEntries.ts';
import { balanceName, blockName, cursorName, headName } from './itemNames.ts';
import { newReplay, type Problem, type Replay, replayBlock, sumsOf } from './replay.ts';
import { bad, checkBlock, storedOf } from './verifyBlock.ts';

/** What verification reads. */
export interface VerifyDeps {
  readonly store: Pick<LaneStore, 'head'>;
  readonly reader: LedgerReader;
  readonly entries: Pick<EntryStore, 'cursor' | 'find'>;
  readonly lanes: number;
  /** Resolves after so many ms. */
  wait(ms: number): Promise<unknown>;
}

/** A lane as it was before its items were read: they are at least as new. */
export interface Mark {
  readonly head: Head;
  readonly cursor: Cursor;
}

/** A lane after its journal was walked. */
export interface Lane extends Mark {
  readonly replay: Replay;
  /** How many entries each balance has up to the cursor, by place. */
  readonly written: ReadonlyMap<string, number>;
  /** Names of the accounts whose home is this lane: those that pay here. */
  readonly homes: ReadonlySet<string>;
  /** Places that have an entry up to the head. */
  readonly known: ReadonlySet<string>;
  /** Transfers up to the head. */
  readonly transfers: number;
  readonly problem?: Problem;
}

interface Walk extends Mark {
  replay: Replay;
  transfers: number;
  readonly written: Map<string, number>;
  readonly homes: Set<string>;
  readonly known: Set<string>;
  readonly balances: ReadonlyMap<string, StoredBalance>;
  /** Places whose balances are as the journal had them at a time since the head. */
  readonly right: Set<string>;
}

/** Blocks whose items are read together. */
const READ_TOGETHER = 25;

const SUMS = ['debits', 'credits', 'seq'] as const;

const checkSums = (
  { key, lane, position }: StoredBalance,
  expected: Position,
): Problem | undefined => {
  const field = SUMS.find((name) => position[name] !== expected[name]);
  return (
    field &&
    bad(
      balanceName({ key, lane }),
      `${field} are ${position[field]}, the journal gives ${expected[field]}`,
    )
  );
};

const checkCursor = (cursor: Cursor, { head, digest }: Replay): Problem | undefined =>
  cursor.seq === head.seq && (cursor.hash !== head.hash || cursor.digest !== digest)
    ? bad(cursorName(cursor.lane), 'has another hash or digest than the journal')
    : undefined;

const checkHead = ({ seq, hash, at }: Head, { head }: Replay): Problem | undefined =>
  seq !== head.seq || (hash === head.hash && at === head.at)
    ? undefined
    : bad(
        headName(head.lane),
        `says block ${seq} of ${at}, the journal has ${head.seq} of ${head.at}`,
      );

const payersOf = (block: Block): readonly string[] =>
  entriesOf(block).flatMap(({ transfer: { unit, moves, lane } }) =>
    lane === undefined ? [nameOf({ unit, account: moves[0]?.from ?? '' })] : [],
  );

/** A balance is written with its block: it shows the state after one block, never one in between. */
const stepBalances = (walk: Walk, block: Block): Problem | undefined => {
  const { book } = walk.replay;
  const touched = statementOf(block).map(({ key, lane }) => ({ key, lane }));
  for (const { key, lane } of touched) {
    const place = placeOf(key, lane);
    if (block.seq <= walk.head.seq) {
      walk.known.add(place);
      walk.right.delete(place);
    }
    const stored = walk.balances.get(place);
    const position = book.position(key, lane);
    if (stored?.position.seq !== position.seq) continue;
    const problem = checkSums(stored, position);
    if (problem) return problem;
    walk.right.add(place);
  }
  return undefined;
};

/** Executes one block. */
const step = (walk: Walk, block: Block): Replay | Problem => {
  const next = replayBlock(walk.replay, block);
  if ('where' in next) return next;
  walk.replay = next;
  if (block.seq <= walk.head.seq) walk.transfers = next.transfers;
  for (const payer of payersOf(block)) walk.homes.add(payer);
  if (block.seq <= walk.cursor.seq)
    for (const { key, lane, seq } of statementOf(block)) walk.written.set(placeOf(key, lane), seq);
  return stepBalances(walk, block) ?? checkHead(walk.head, next) ?? next;
};

const stepTogether = async (
  walk: Walk,
  blocks: readonly Block[],
  deps: VerifyDeps,
): Promise<Problem | undefined> => {
  const { cursor } = walk;
  const done: (readonly [Block, Replay])[] = [];
  let broken: Problem | undefined;
  for (const block of blocks) {
    const next = step(walk, block);
    if ('where' in next) {
      broken = next;
      break;
    }
    done.push([block, next]);
  }
  const sound = done.map(([block]) => block);
  const stored = await storedOf(sound, cursor, deps);
  for (const [block, replay] of done) {
    const problem = checkBlock(block, replay, stored, cursor) ?? checkCursor(cursor, replay);
    if (problem) return problem;
  }
  return broken;
};

const checkEnd = async (walk: Walk, { store }: VerifyDeps): Promise<Problem | undefined> => {
  const { replay, head: mark, cursor, balances, right } = walk;
  const { head, book } = replay;
  const { lane } = head;
  if (cursor.seq > head.seq)
    return bad(cursorName(lane), `is at block ${cursor.seq}, beyond the journal`);
  for (const [place, stored] of balances) {
    const problem = right.has(place)
      ? undefined
      : checkSums(stored, book.position(stored.key, lane));
    if (problem) return problem;
  }
  const [odd] = [...sumsOf(replay)].filter(([, sum]) => sum !== 0n);
  if (odd) return bad(blockName(head), `the accounts of ${odd[0]} sum to ${odd[1]}`);
  const now = await store.head(lane);
  const wrong = mark.seq > head.seq ? mark : now;
  return mark.seq <= head.seq && now.seq >= head.seq
    ? checkHead(now, replay)
    : bad(
        headName(lane),
        `says block ${wrong.seq} of ${wrong.at}, the journal ends at ${head.seq} of ${head.at}`,
      );
};

const walkOn = async (walk: Walk, deps: VerifyDeps): Promise<Problem | undefined> => {
  for await (const blocks of deps.reader.blocks(walk.head.lane, 0))
    for (const some of chunksOf(blocks, READ_TOGETHER)) {
      const problem = await stepTogether(walk, some, deps);
      if (problem) return problem;
    }
  return checkEnd(walk, deps);
};

/** The state of a lane before its items are read. */
export const markLane = async (
  lane: number,
  { entries, store }: Pick<VerifyDeps, 'entries' | 'store'>,
): Promise<Mark> => {
  // The cursor first: it is never beyond a head that is read after it.
  const cursor = await entries.cursor(lane);
  return { cursor, head: await store.head(lane) };
};

/**
 * Walks one lane up to the first problem, or to its end.
 * @param balances those of the lane that were read since the mark, by place
 * @throws UnreadableItemError LEDGER_ITEM_UNREADABLE when an item beside a block cannot be read
 */
export const verifyLane = async (
  mark: Mark,
  balances: ReadonlyMap<string, StoredBalance>,
  deps: VerifyDeps,
): Promise<Lane> => {
  const walk: Walk = {
    ...mark,
    replay: newReplay(mark.head.lane),
    transfers: 0,
    written: new Map(),
    homes: new Set(),
    known: new Set(),
    balances,
    right: new Set(),
  };
  const problem = checkCursor(mark.cursor, walk.replay) ?? (await walkOn(walk, deps));
  return { ...walk, ...(problem && { problem }) };
};
