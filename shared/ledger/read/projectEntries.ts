/**
 * Writes a lane's journal out as entries of its accounts. A new block only rings: what is read is
 * the journal after the cursor, so that rings may be lost, doubled or out of order.
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

export interface SnapshotDeps {
  readonly store: Pick<LaneStore, 'head'>;
  readonly reader: Pick<LedgerReader, 'blocks'>;
  readonly entries: EntryStore;
}

export const statementOf = (block: Block): readonly StatementEntry[] =>
  entriesOf(block).flatMap(({ transfer, legs }) =>
    legs.map(({ account, change, seq, balance }) => ({
      key: { unit: transfer.unit, account },
      ...{ lane: block.lane, at: block.at, seq, transfer: transfer.id, change, balance },
      block: block.seq,
    })),
  );

/** How many snapshots an account has that has so many entries in a lane. */
export const snapshotsIn = (seq: number): number => Math.floor(seq / LIMITS.ledgerSnapshotEntries);

/** Where an account's entries in the lane come to a round number. */
export const snapshotsOf = (block: Block): readonly AccountSnapshot[] =>
  statementOf(block)
    .filter(({ seq }) => seq % LIMITS.ledgerSnapshotEntries === 0)
    .map(({ key, lane, at, seq, balance }) => ({
      ...{ key, lane, at, seq, balance, block: block.seq, hash: block.hash },
    }));

export const isCheckpoint = ({ seq }: Pick<Cursor, 'seq'>): boolean =>
  seq % LIMITS.ledgerCheckpointBlocks === 0;

/** A journal that is broken is written out no further. */
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

/** @returns how many blocks were written out; another one may be at it, then it is its work */
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

/** Looks at every lane, for rings that were lost. @returns blocks written out, and blocks behind before */
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
