/**
 * Executes the journal of a lane again, and compares the lane with its items. The items were read
 * before: each is as it was after some block, from the first mark to the second.
 */
import { chunksOf } from '#shared/kernel/batches.ts';
import { type Block, entriesOf, type Head } from '../core/blocks.ts';
import { nameOf, placeOf } from '../core/book.ts';
import type { Position } from '../core/types.ts';
import type { Cursor, StoredBalance } from '../ports.ts';
import { statementOf } from '../read/projectEntries.ts';
import { balanceName, blockName, checkpointName, cursorName, headName } from './itemNames.ts';
import { newReplay, type Problem, type Replay, replayBlock, sumsOf } from './replay.ts';
import { bad, checkBlock, storedOf } from './verifyBlock.ts';
import { type LaneSpan, SETTLE_MS, type VerifyDeps } from './verifyMarks.ts';

/** What the scan has found of one lane. */
export interface LaneItems {
  readonly balances: ReadonlyMap<string, StoredBalance>;
  readonly checkpoints: ReadonlyMap<number, Cursor>;
  /** Transfers after the mark of the start, by their places. What the journal has is taken out. */
  readonly later: Map<string, string>;
}

/** A lane after its journal was walked up to the end of its span. */
export interface Lane extends LaneSpan {
  readonly replay: Replay;
  /** How many entries each balance has up to the first cursor, by place. */
  readonly entryCounts: ReadonlyMap<string, number>;
  /** Names of the accounts whose home is this lane: those that pay here. */
  readonly homes: ReadonlySet<string>;
  /** Places that have an entry up to the first head. */
  readonly known: ReadonlySet<string>;
  /** How many transfers there are up to the first head. */
  readonly transfersBefore: number;
  readonly problem?: Problem;
}

interface Walk extends LaneSpan {
  replay: Replay;
  transfersBefore: number;
  readonly entryCounts: Map<string, number>;
  readonly homes: Set<string>;
  readonly known: Set<string>;
  readonly found: LaneItems;
  /** Places whose balances are as the journal had them at a time since the first head. */
  readonly right: Set<string>;
  /** The first block beyond the end of the span. */
  beyond?: number;
}

/** Blocks whose items are read together. */
const READ_TOGETHER = 25;

const SUMS = ['debits', 'credits', 'seq'] as const;

const checkSums = (
  { key, lane, position }: StoredBalance,
  expected: Position,
): Problem | undefined => {
  const field = SUMS.find((name) => position[name] !== expected[name]);
  if (!field) return undefined;
  const [found, due] = [position[field], expected[field]];
  const what = `${field} are ${found}, the journal gives ${due}`;
  return bad(balanceName({ key, lane }), what, BigInt(found) - BigInt(due));
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

/** The place of a transfer in the journal, as a key. */
export const placeKey = (seq: number, index: number): string => `${seq}/${index}`;

/** A balance is written with its block: it shows the state after one block, never one in between. */
const stepBalances = (walk: Walk, block: Block): Problem | undefined => {
  for (const { key, lane } of statementOf(block)) {
    const place = placeOf(key, lane);
    if (block.seq <= walk.from.head.seq) {
      walk.known.add(place);
      walk.right.delete(place);
    }
    const stored = walk.found.balances.get(place);
    const position = walk.replay.book.position(key, lane);
    if (stored?.position.seq !== position.seq) continue;
    const problem = checkSums(stored, position);
    if (problem) return problem;
    walk.right.add(place);
  }
  return undefined;
};

/** A checkpoint up to the cursor is compared with its block, beside the entries. */
const checkCheckpoint = ({ from, found, replay }: Walk): Problem | undefined => {
  const { head, digest } = replay;
  const stored = found.checkpoints.get(head.seq);
  if (!stored || head.seq <= from.cursor.seq) return undefined;
  return stored.hash === head.hash && stored.digest === digest
    ? undefined
    : bad(checkpointName(stored), 'has another hash or digest than the journal');
};

/** Executes one block. */
const step = (walk: Walk, block: Block): Replay | Problem => {
  const { from, to, found } = walk;
  const next = replayBlock(walk.replay, block);
  if ('where' in next) return next;
  walk.replay = next;
  if (block.seq <= from.head.seq) walk.transfersBefore = next.transfers;
  for (const payer of payersOf(block)) walk.homes.add(payer);
  if (block.seq <= from.cursor.seq)
    for (const { key, lane, seq } of statementOf(block))
      walk.entryCounts.set(placeOf(key, lane), seq);
  for (const [index, { transfer }] of entriesOf(block).entries()) {
    const key = placeKey(block.seq, index);
    if (found.later.get(key) === transfer.id) found.later.delete(key);
  }
  return (
    stepBalances(walk, block) ??
    checkCheckpoint(walk) ??
    checkHead(from.head, next) ??
    checkHead(to, next) ??
    next
  );
};

const stepTogether = async (
  walk: Walk,
  blocks: readonly Block[],
  deps: VerifyDeps,
): Promise<Problem | undefined> => {
  const { cursor } = walk.from;
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

/** A commit writes its head with its block: only for a moment can one be seen without the other. */
const checkBeyond = async (
  { to, beyond }: Walk,
  { store, wait }: VerifyDeps,
): Promise<Problem | undefined> => {
  if (beyond === undefined) return undefined;
  const { lane } = to;
  if ((await store.head(lane)).seq >= beyond) return undefined;
  await wait(SETTLE_MS);
  const { seq, at } = await store.head(lane);
  return seq < beyond
    ? bad(headName(lane), `says block ${seq} of ${at}, the journal has block ${beyond}`)
    : undefined;
};

const checkEnd = async (walk: Walk, deps: VerifyDeps): Promise<Problem | undefined> => {
  const { replay, from, to, found, right } = walk;
  const { head, book } = replay;
  const { lane } = head;
  const unseen = await checkBeyond(walk, deps);
  if (unseen) return unseen;
  if (from.cursor.seq > head.seq)
    return bad(cursorName(lane), `is at block ${from.cursor.seq}, beyond the journal`);
  if (to.seq > head.seq)
    return bad(
      headName(lane),
      `says block ${to.seq} of ${to.at}, the journal ends at ${head.seq} of ${head.at}`,
    );
  for (const [place, stored] of found.balances) {
    const problem = right.has(place)
      ? undefined
      : checkSums(stored, book.position(stored.key, lane));
    if (problem) return problem;
  }
  const [odd] = [...sumsOf(replay)].filter(([, sum]) => sum !== 0n);
  return odd && bad(blockName(head), `the accounts of ${odd[0]} sum to ${odd[1]}`);
};

const walkOn = async (walk: Walk, deps: VerifyDeps): Promise<Problem | undefined> => {
  const { lane, seq: end } = walk.to;
  for await (const page of deps.reader.blocks(lane, 0)) {
    for (const some of chunksOf(
      page.filter(({ seq }) => seq <= end),
      READ_TOGETHER,
    )) {
      const problem = await stepTogether(walk, some, deps);
      if (problem) return problem;
    }
    const beyond = page.find(({ seq }) => seq > end);
    if (beyond) {
      walk.beyond = beyond.seq;
      break;
    }
  }
  return checkEnd(walk, deps);
};

/**
 * Walks one lane up to the first problem, or to the end of its span.
 * @throws UnreadableItemError LEDGER_ITEM_UNREADABLE when an item beside a block cannot be read
 */
export const verifyLane = async (
  span: LaneSpan,
  found: LaneItems,
  deps: VerifyDeps,
): Promise<Lane> => {
  const walk: Walk = {
    ...span,
    replay: newReplay(span.from.head.lane),
    transfersBefore: 0,
    entryCounts: new Map(),
    homes: new Set(),
    known: new Set(),
    found,
    right: new Set(),
  };
  const problem = checkCursor(span.from.cursor, walk.replay) ?? (await walkOn(walk, deps));
  return { ...walk, ...(problem && { problem }) };
};
