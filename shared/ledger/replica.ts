/** A copy of the ledger that executes its journal again, and stops at the first difference. */
import { type Block, genesis, type Head } from './blocks.ts';
import type { LedgerReader } from './ports.ts';
import { newReplay, type Problem, type Replay, replayBlock } from './replay.ts';
import type { Account } from './types.ts';

/** Where blocks come from: a running ledger, or an export of one. */
export type BlockSource = Pick<LedgerReader, 'blocks'>;

/** What can be copied as a whole. */
export interface CopySource extends BlockSource {
  head(lane: number): Promise<Head>;
  accounts(): AsyncIterable<readonly Account[]>;
}

export interface Followed {
  readonly replays: readonly Replay[];
  readonly blocks: number;
  readonly problem?: Problem;
}

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

/** Executes what is new, lane by lane. Its lag is what a head has beyond it. */
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

/** A block as a line of an export: everything that its hash covers. */
export const exportLine = ({ lane, seq, previous, hash, at, text }: Block): string =>
  JSON.stringify({ lane, seq, previous, hash, at, text });

/** An account as a line of an export. */
export const accountLine = (account: Account): string => JSON.stringify({ account });

type Line = Block | { readonly account: Account };

/** An export as a source. @throws SyntaxError for a line that is no JSON */
export const exported = (lines: readonly string[]): CopySource => {
  const all = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
  const accounts = all.flatMap((line) => ('account' in line ? line.account : []));
  const byLane = Map.groupBy(
    all.flatMap((line) => ('account' in line ? [] : line)),
    ({ lane }) => lane,
  );
  const lanes = new Map(
    [...byLane].map(([lane, blocks]) => [lane, blocks.sort((a, b) => a.seq - b.seq)]),
  );
  return {
    blocks: async function* (lane, seq) {
      yield await Promise.resolve((lanes.get(lane) ?? []).filter((block) => block.seq > seq));
    },
    head: (lane) => Promise.resolve(lanes.get(lane)?.at(-1) ?? genesis(lane)),
    accounts: async function* () {
      yield await Promise.resolve(accounts);
    },
  };
};

/** A replica as JSON: what it needs to go on. */
export const replicaJson = (replays: readonly Replay[]): string =>
  JSON.stringify(
    replays.map(({ head, digest, transfers, book }) => ({
      head,
      transfers,
      digest: String(digest),
      positions: [...book.positions()].map(([name, { debits, credits, seq }]) => [
        name,
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
  readonly positions: readonly [name: string, debits: string, credits: string, seq: number][];
};

/** @throws SyntaxError for what {@link replicaJson} did not write */
export const replicaOf = (json: string): readonly Replay[] =>
  (JSON.parse(json) as readonly SavedLane[]).map(({ head, transfers, digest, positions }) => {
    const replay = newReplay(head.lane);
    for (const [name, debits, credits, seq] of positions) {
      const [, unit = '', account = ''] = /^([^#]*)#(.*)#\d+$/.exec(name) ?? [];
      replay.book.setPosition({ unit, account }, head.lane, {
        debits: BigInt(debits),
        credits: BigInt(credits),
        held: 0n,
        seq,
      });
    }
    return { ...replay, head, transfers, digest: BigInt(digest) };
  });
