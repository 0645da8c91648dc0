/**
 * Executes the journal of a lane again, and compares each block with the items that follow from it.
 */
import { chunksOf } from '#shared/kernel/batches.ts';
import { type Block, type BlockEntry, entriesOf } from '../core/blocks.ts';
import { nameOf, placeOf } from '../core/book.ts';
import { compareTransfer } from '../core/compareRequests.ts';
import type {
  Cursor,
  EntryStore,
  LaneStore,
  LedgerReader,
  StoredRecord,
  WrittenOut,
} from '../ports.ts';
import { isCheckpoint, snapshotsOf, statementOf } from '../read/projectEntries.ts';
import {
  blockName,
  checkpointName,
  cursorName,
  entryName,
  headName,
  snapshotName,
} from './itemNames.ts';
import { newReplay, type Problem, type Replay, replayBlock, sumsOf } from './replay.ts';

/** What verification reads. */
export interface VerifyDeps {
  readonly store: Pick<LaneStore, 'head'>;
  readonly reader: LedgerReader;
  readonly entries: Pick<EntryStore, 'cursor' | 'find'>;
  readonly lanes: number;
}

/** A lane after its journal was walked. */
export interface Lane {
  readonly replay: Replay;
  readonly cursor: Cursor;
  /** How many entries each balance has up to the cursor, by place. */
  readonly written: ReadonlyMap<string, number>;
  /** Names of the accounts whose home is this lane: those that pay here. */
  readonly homes: ReadonlySet<string>;
  readonly problem?: Problem;
}

/** What the table has of some blocks, beside the blocks themselves. */
interface Stored {
  readonly records: ReadonlyMap<string, StoredRecord>;
  /** Up to the cursor; empty beyond it. */
  readonly written: WrittenOut;
}

/** A problem from its two parts. */
export const bad = (where: string, what: string): Problem => ({ where, what });

const checkTransfer = (
  { transfer }: BlockEntry,
  record: StoredRecord | undefined,
  { lane, seq }: Block,
  index: number,
): Problem | undefined => {
  const where = `transfer ${transfer.id}`;
  if (!record || !('transfer' in record)) return bad(where, 'is in the journal and has no record');
  const difference = compareTransfer(record.transfer, transfer);
  if (difference !== 'exists') return bad(where, `its record says otherwise: ${difference}`);
  const { place } = record;
  return place.lane === lane && place.seq === seq && place.index === index
    ? undefined
    : bad(where, `its record points to lane ${place.lane}, block ${place.seq}, ${place.index}`);
};

/** No record of the hold is no problem: a copy has the transfers of a hold, but not the hold. */
const checkDrawn = (
  { draw }: BlockEntry,
  record: StoredRecord | undefined,
): Problem | undefined => {
  if (!draw?.closes || !record) return undefined;
  const state = 'hold' in record ? record.hold.state : 'a transfer';
  return state === 'posted'
    ? undefined
    : bad(`hold ${draw.id}`, `is ${state}, the journal has it posted`);
};

/** Each transfer of the block must have a record with the same content. */
const checkRecords = (block: Block, { records }: Stored): Problem | undefined => {
  for (const [index, entry] of entriesOf(block).entries()) {
    const problem =
      checkTransfer(entry, records.get(entry.transfer.id), block, index) ??
      checkDrawn(entry, records.get(entry.draw?.id ?? ''));
    if (problem) return problem;
  }
  return undefined;
};

/** Names the first of `expected` that is missing in `found`, or differs in one of these fields. */
const compareAll = <T>(
  expected: readonly T[],
  found: readonly T[],
  nameOf: (each: T) => string,
  fields: readonly (keyof T & string)[],
): Problem | undefined => {
  const byName = new Map(found.map((each) => [nameOf(each), each]));
  for (const each of expected) {
    const stored = byName.get(nameOf(each));
    if (!stored) return bad(nameOf(each), 'is missing');
    const field = fields.find((name) => stored[name] !== each[name]);
    if (field)
      return bad(nameOf(each), `${field} is ${stored[field]}, the journal has ${each[field]}`);
  }
  return undefined;
};

/** Compares the entries, snapshots and checkpoint of the block with those of the table. */
const checkWritten = (
  block: Block,
  { head, digest }: Replay,
  { written }: Stored,
): Problem | undefined => {
  const { lane, seq, hash } = head;
  const checkpoints = isCheckpoint(block) ? [{ lane, seq, hash, digest }] : [];
  return (
    compareAll(statementOf(block), written.entries, entryName, [
      'transfer',
      'change',
      'balance',
      'block',
    ]) ??
    compareAll(snapshotsOf(block), written.snapshots, snapshotName, ['balance', 'block', 'hash']) ??
    compareAll(checkpoints, written.checkpoints, checkpointName, ['hash', 'digest'])
  );
};

const checkCursor = (cursor: Cursor, { head, digest }: Replay): Problem | undefined =>
  cursor.seq === head.seq && (cursor.hash !== head.hash || cursor.digest !== digest)
    ? bad(cursorName(cursor.lane), 'has another hash or digest than the journal')
    : undefined;

const payersOf = (block: Block): readonly string[] =>
  entriesOf(block).flatMap(({ transfer: { unit, moves, lane } }) =>
    lane === undefined ? [nameOf({ unit, account: moves[0]?.from ?? '' })] : [],
  );

const checkEnd = async (
  { head, ...replay }: Replay,
  cursor: Cursor,
  { store }: VerifyDeps,
): Promise<Problem | undefined> => {
  const { lane } = head;
  if (cursor.seq > head.seq)
    return bad(cursorName(lane), `is at block ${cursor.seq}, beyond the journal`);
  const [odd] = [...sumsOf({ head, ...replay })].filter(([, sum]) => sum !== 0n);
  if (odd) return bad(blockName(head), `the accounts of ${odd[0]} sum to ${odd[1]}`);
  const { seq, hash, at } = await store.head(lane);
  return seq === head.seq && hash === head.hash && at === head.at
    ? undefined
    : bad(
        headName(lane),
        `says block ${seq} of ${at}, the journal ends at ${head.seq} of ${head.at}`,
      );
};

interface Walk {
  replay: Replay;
  readonly cursor: Cursor;
  readonly written: Map<string, number>;
  readonly homes: Set<string>;
}

/** Blocks whose items are read together. */
const READ_TOGETHER = 25;

const idsOf = (block: Block): readonly string[] =>
  entriesOf(block).flatMap(({ transfer, draw }) => [transfer.id, ...(draw ? [draw.id] : [])]);

const storedOf = async (
  blocks: readonly Block[],
  cursor: Cursor,
  { reader, entries }: VerifyDeps,
): Promise<Stored> => {
  const records = await reader.records([...new Set(blocks.flatMap(idsOf))]);
  const writtenOut = blocks.filter(({ seq }) => seq <= cursor.seq);
  return {
    records: new Map(records.map((record) => [record.id, record])),
    written: await entries.find({
      entries: writtenOut.flatMap(statementOf),
      snapshots: writtenOut.flatMap(snapshotsOf),
      // Found by lane and block; the digest comes with the walk.
      checkpoints: writtenOut.filter(isCheckpoint).map((block) => ({ ...block, digest: 0n })),
    }),
  };
};

/** Executes one block. */
const step = (walk: Walk, block: Block): Replay | Problem => {
  const next = replayBlock(walk.replay, block);
  if ('where' in next) return next;
  walk.replay = next;
  for (const payer of payersOf(block)) walk.homes.add(payer);
  if (block.seq <= walk.cursor.seq)
    for (const { key, lane, seq } of statementOf(block)) walk.written.set(placeOf(key, lane), seq);
  return next;
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
  const stored = await storedOf(
    done.map(([block]) => block),
    cursor,
    deps,
  );
  for (const [block, replay] of done) {
    const problem =
      checkRecords(block, stored) ??
      (block.seq <= cursor.seq ? checkWritten(block, replay, stored) : undefined) ??
      checkCursor(cursor, replay);
    if (problem) return problem;
  }
  return broken;
};

const walkOn = async (walk: Walk, deps: VerifyDeps): Promise<Problem | undefined> => {
  for await (const blocks of deps.reader.blocks(walk.cursor.lane, 0))
    for (const some of chunksOf(blocks, READ_TOGETHER)) {
      const problem = await stepTogether(walk, some, deps);
      if (problem) return problem;
    }
  return checkEnd(walk.replay, walk.cursor, deps);
};

/**
 * Walks one lane up to the first problem, or to its end.
 * @throws UnreadableItemError LEDGER_ITEM_UNREADABLE when an item beside a block cannot be read
 */
export const verifyLane = async (lane: number, deps: VerifyDeps): Promise<Lane> => {
  const cursor = await deps.entries.cursor(lane);
  const walk: Walk = { replay: newReplay(lane), cursor, written: new Map(), homes: new Set() };
  const problem = checkCursor(cursor, walk.replay) ?? (await walkOn(walk, deps));
  return { ...walk, ...(problem && { problem }) };
};
