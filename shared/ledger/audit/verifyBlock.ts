/** Compares a block of the journal with the items that follow from it. */
import { type Block, type BlockEntry, entriesOf } from '../core/blocks.ts';
import { compareTransfer } from '../core/compareRequests.ts';
import type { Cursor, EntryStore, LedgerReader, StoredRecord, WrittenOut } from '../ports.ts';
import { isCheckpoint, snapshotsOf, statementOf } from '../read/projectEntries.ts';
import { checkpointName, entryName, snapshotName } from './itemNames.ts';
import type { Problem, Replay } from './replay.ts';

/** What the table has of some blocks, beside the blocks themselves. */
export interface Stored {
  readonly records: ReadonlyMap<string, StoredRecord>;
  /** Up to the cursor; empty beyond it. */
  readonly written: WrittenOut;
}

/** A problem from its parts. */
export const bad = (where: string, what: string, off?: bigint | number): Problem => ({
  where,
  what,
  ...(off !== undefined && { off: String(off) }),
});

/** Whether two looks at a ledger that moves found the same. */
export const isSame = (a: Problem, b: Problem): boolean =>
  a.where === b.where && (a.off === undefined ? a.what === b.what : a.off === b.off);

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

const idsOf = (block: Block): readonly string[] =>
  entriesOf(block).flatMap(({ transfer, draw }) => [transfer.id, ...(draw ? [draw.id] : [])]);

interface StoredDeps {
  readonly reader: Pick<LedgerReader, 'records'>;
  readonly entries: Pick<EntryStore, 'find'>;
}

/**
 * Reads what the table has of these blocks.
 * @throws UnreadableItemError LEDGER_ITEM_UNREADABLE when an item beside a block cannot be read
 */
export const storedOf = async (
  blocks: readonly Block[],
  cursor: Cursor,
  { reader, entries }: StoredDeps,
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

/** What is wrong with the items of a block. @param cursor how far the lane is written out */
export const checkBlock = (
  block: Block,
  replay: Replay,
  stored: Stored,
  cursor: Cursor,
): Problem | undefined =>
  checkRecords(block, stored) ??
  (block.seq <= cursor.seq ? checkWritten(block, replay, stored) : undefined);
