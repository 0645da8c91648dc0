/**
 * Writes the journal of a lane out as entries of its accounts. A record of the stream only tells
 * that a lane has a new block. The blocks after the cursor are read from the table. So records of
 * the stream may be lost, repeated or out of order.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { digestAfter } from '../audit/replay.ts';
import { type Block, entriesOf, hashOf } from '../core/blocks.ts';
import type {
  AccountSnapshot,
  Cursor,
  EntryStore,
  LaneStore,
  LedgerReader,
  StatementEntry,
} from '../ports.ts';

/** What writing out reads and writes. */
export interface SnapshotDeps {
  readonly store: Pick<LaneStore, 'head'>;
  readonly reader: Pick<LedgerReader, 'blocks'>;
  readonly entries: EntryStore;
}

/** The entries that follow from a block, in the order of the journal. */
export const statementOf = (block: Block): readonly StatementEntry[] =>
  entriesOf(block).flatMap(({ transfer, legs }) =>
    legs.map(({ account, change, seq, balance }) => ({
      key: { unit: transfer.unit, account },
      lane: block.lane,
      at: block.at,
      seq,
      transfer: transfer.id,
      change,
      balance,
      block: block.seq,
    })),
  );

/** How many snapshots an account has in a lane after `seq` entries. */
export const snapshotsIn = (seq: number): number => Math.floor(seq / LIMITS.ledgerSnapshotEntries);

/**
 * The snapshots that follow from a block: one for each `ledgerSnapshotEntries` entries of an
 * account.
 */
export const snapshotsOf = (block: Block): readonly AccountSnapshot[] =>
  statementOf(block)
    .filter(({ seq }) => seq % LIMITS.ledgerSnapshotEntries === 0)
    .map(({ key, lane, at, seq, balance }) => ({
      key,
      lane,
      at,
      seq,
      balance,
      block: block.seq,
      hash: block.hash,
    }));

/** Whether a checkpoint is kept of this block: each `ledgerCheckpointBlocks` blocks. */
export const isCheckpoint = ({ seq }: Pick<Cursor, 'seq'>): boolean =>
  seq % LIMITS.ledgerCheckpointBlocks === 0;

/** The journal is broken: no entries are written out from there on. */
class BrokenChainError extends Error {
  override readonly name = 'BrokenChainError';
  readonly code = 'LEDGER_CHAIN_BROKEN';
}

const after = (cursor: Cursor, block: Block): Cursor => {
  const { lane, seq, hash } = block;
  if (seq !== cursor.seq + 1 || block.previous !== cursor.hash || hashOf(block) !== hash)
    throw new BrokenChainError(
      `lane ${lane}, block ${seq} does not follow block ${cursor.seq}; run "sheratan ledger verify"`,
    );
  return { lane, seq, hash, digest: digestAfter(cursor.digest, block) };
};

/**
 * Writes out the blocks after the cursor of a lane. Stops when another writer moves the cursor:
 * that writer then does the rest. @returns how many blocks this call wrote out
 * @throws BrokenChainError LEDGER_CHAIN_BROKEN when a block does not follow the block before it
 */
export const catchUp = async (lane: number, deps: SnapshotDeps): Promise<number> => {
  let cursor = await deps.entries.cursor(lane);
  let count = 0;
  for await (const blocks of deps.reader.blocks(lane, cursor.seq)) {
    if (blocks.length === 0) continue;
    let next = cursor;
    const checkpoints: Cursor[] = [];
    for (const block of blocks) {
      next = after(next, block);
      if (isCheckpoint(next)) checkpoints.push(next);
    }
    await deps.entries.write({
      entries: blocks.flatMap(statementOf),
      snapshots: blocks.flatMap(snapshotsOf),
      checkpoints,
    });
    if (!(await deps.entries.advance(cursor, next))) return count;
    cursor = next;
    count += blocks.length;
  }
  return count;
};

const WIDTH = 4;

/**
 * Writes out every lane, also where records of the stream were lost.
 * @returns `lag`: how many blocks were not written out before; `written`: how many this call wrote
 * out
 * @throws BrokenChainError LEDGER_CHAIN_BROKEN when a block does not follow the block before it
 */
export const sweepLanes = async (
  lanes: number,
  deps: SnapshotDeps,
): Promise<{ readonly lag: number; readonly written: number }> => {
  const all = Array.from({ length: lanes }, (_, lane) => lane);
  const found = await mapPool(all, WIDTH, async (lane) => {
    const [head, cursor] = await Promise.all([deps.store.head(lane), deps.entries.cursor(lane)]);
    const lag = head.seq - cursor.seq;
    return { lag, written: lag > 0 ? await catchUp(lane, deps) : 0 };
  });
  return {
    lag: found.reduce((sum, { lag }) => sum + lag, 0),
    written: found.reduce((sum, { written }) => sum + written, 0),
  };
};
