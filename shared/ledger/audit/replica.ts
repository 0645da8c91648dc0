/** A replica executes the journal of the ledger again, and stops at the first difference. */
import type { Head } from '../core/blocks.ts';
import type { Account } from '../core/types.ts';
import type { AccountStore, LaneStore, LedgerReader } from '../ports.ts';
import { newReplay, type Problem, type Replay, replayBlock } from './replay.ts';

/** Where blocks come from: a running ledger, or an export of a ledger. */
export type BlockSource = Pick<LedgerReader, 'blocks'>;

/** A ledger or an export that can be copied as a whole. */
export interface CopySource extends BlockSource {
  head(lane: number): Promise<Head>;
  accounts(): AsyncIterable<readonly Account[]>;
}

/** A running ledger as a source of copies. */
export const sourceOf = (ledger: {
  readonly reader: BlockSource;
  readonly store: Pick<LaneStore, 'head'>;
  readonly accounts: Pick<AccountStore, 'list'>;
}): CopySource => ({
  blocks: ledger.reader.blocks,
  head: ledger.store.head,
  accounts: ledger.accounts.list,
});

/** The replica after {@link follow}, and how many blocks it executed. */
export interface Followed {
  readonly replays: readonly Replay[];
  readonly blocks: number;
  readonly problem?: Problem;
}

/** A replica that has executed nothing: one replay for each lane. */
export const newReplica = (lanes: number): readonly Replay[] =>
  Array.from({ length: lanes }, (_, lane) => newReplay(lane));

const followLane = async (
  replay: Replay,
  source: BlockSource,
): Promise<{ readonly replay: Replay; readonly problem?: Problem }> => {
  let current = replay;
  for await (const blocks of source.blocks(replay.head.lane, replay.head.seq))
    for (const block of blocks) {
      const next = replayBlock(current, block);
      if ('where' in next) return { replay: current, problem: next };
      current = next;
    }
  return { replay: current };
};

/**
 * Executes the blocks that the replica does not have yet, lane by lane. Stops at the first
 * difference, also for the lanes that come after.
 */
export const follow = async (
  replays: readonly Replay[],
  source: BlockSource,
): Promise<Followed> => {
  const after: Replay[] = [];
  let problem: Problem | undefined;
  for (const replay of replays) {
    const followed = problem ? { replay } : await followLane(replay, source);
    after.push(followed.replay);
    problem ??= followed.problem;
  }
  const blocks = after.reduce(
    (sum, { head }, index) => sum + head.seq - (replays[index]?.head.seq ?? 0),
    0,
  );
  return { replays: after, blocks, ...(problem && { problem }) };
};

/** A replica as JSON. {@link replicaOf} reads it back, and {@link follow} goes on from there. */
export const replicaJson = (replays: readonly Replay[]): string =>
  JSON.stringify(
    replays.map(({ head, digest, transfers, book }) => ({
      head,
      transfers,
      digest: String(digest),
      positions: [...book.positions()].map(({ key, position: { debits, credits, seq } }) => [
        key.unit,
        key.account,
        String(debits),
        String(credits),
        seq,
      ]),
    })),
  );

type SavedLane = {
  readonly head: Replay['head'];
  readonly transfers: number;
  readonly digest: string;
  readonly positions: readonly (readonly [
    unit: string,
    account: string,
    debits: string,
    credits: string,
    seq: number,
  ])[];
};

/** The JSON was written by another version. A new replica is made from the journal. */
class ReplicaFormatError extends Error {
  override readonly name = 'ReplicaFormatError';
  readonly code = 'REPLICA_FORMAT';
}

/**
 * Reads a replica that {@link replicaJson} wrote.
 * @throws SyntaxError for text that is not JSON
 * @throws ReplicaFormatError REPLICA_FORMAT when another version wrote the text
 */
export const replicaOf = (json: string): readonly Replay[] =>
  (JSON.parse(json) as readonly SavedLane[]).map(({ head, transfers, digest, positions }) => {
    const replay = newReplay(head.lane);
    for (const [unit, account, debits, credits, seq] of positions) {
      if (seq === undefined)
        throw new ReplicaFormatError('it is of another version: remove it, and it is made anew');
      replay.book.setPosition({ unit, account }, head.lane, {
        debits: BigInt(debits),
        credits: BigInt(credits),
        held: 0n,
        seq,
      });
    }
    return { ...replay, head, transfers, digest: BigInt(digest) };
  });
