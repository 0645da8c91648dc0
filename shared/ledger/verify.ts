/** Proves that the tables say what the journal says, or names the first item that does not. */
import { type Block, entriesOf, type Head } from './blocks.ts';
import { compareTransfer } from './compare.ts';
import type {
  Cursor,
  EntryStore,
  LaneStore,
  LedgerReader,
  StatementEntry,
  StoredBalance,
  StoredRecord,
} from './ports.ts';
import { blockName, newReplay, type Problem, type Replay, replayBlock, sumsOf } from './replay.ts';
import { statementOf } from './snapshot.ts';
import { type Hold, postedOf } from './types.ts';

export interface VerifyDeps {
  readonly store: Pick<LaneStore, 'head'>;
  readonly reader: LedgerReader;
  readonly entries: Pick<EntryStore, 'cursor' | 'find'>;
  readonly lanes: number;
}

export interface Verdict {
  readonly problem?: Problem;
  readonly blocks: number;
  readonly transfers: number;
  readonly balances: number;
  readonly holds: number;
  /** Of each lane's balances, as its journal gives them. */
  readonly digest: readonly string[];
}

const bad = (where: string, what: string): Problem => ({ where, what });

/** Each transfer of the block has its record, which says the same. */
const checkRecords = async (block: Block, reader: LedgerReader): Promise<Problem | undefined> => {
  const entries = entriesOf(block);
  const stored = await reader.records(entries.map(({ transfer }) => transfer.id));
  const byId = new Map(stored.map((record): [string, StoredRecord] => [record.id, record]));
  for (const [index, { transfer }] of entries.entries()) {
    const where = `transfer ${transfer.id}`;
    const record = byId.get(transfer.id);
    if (!record || !('transfer' in record))
      return bad(where, 'is in the journal and has no record');
    const difference = compareTransfer(record.transfer, transfer);
    if (difference !== 'exists') return bad(where, `its record says otherwise: ${difference}`);
    const { lane, seq } = record.place;
    if (lane !== block.lane || seq !== block.seq || record.place.index !== index)
      return bad(where, `its record points to lane ${lane}, block ${seq}`);
  }
  return undefined;
};

const entryName = ({ key, lane, at, seq }: StatementEntry): string =>
  `entry ${seq} of ${key.account} (${key.unit}) in lane ${lane} at ${at}`;

/** What the block says of its accounts stands with each of them. */
const checkEntries = async (
  block: Block,
  entries: VerifyDeps['entries'],
): Promise<Problem | undefined> => {
  const expected = statementOf(block);
  const found = await entries.find(expected);
  const byName = new Map(found.map((entry) => [entryName(entry), entry]));
  for (const entry of expected) {
    const stored = byName.get(entryName(entry));
    if (!stored) return bad(entryName(entry), 'is missing');
    for (const field of ['transfer', 'change', 'balance', 'block'] as const)
      if (stored[field] !== entry[field])
        return bad(
          entryName(entry),
          `${field} is ${stored[field]}, the journal has ${entry[field]}`,
        );
  }
  return undefined;
};

const checkCursor = (cursor: Cursor, { head, digest }: Replay): Problem | undefined =>
  cursor.seq === head.seq && (cursor.hash !== head.hash || cursor.digest !== digest)
    ? bad(`cursor of lane ${cursor.lane}`, 'has another hash or digest than the journal')
    : undefined;

/** The items beside the block that say what it says. */
const checkBlock = async (
  block: Block,
  replay: Replay,
  cursor: Cursor,
  { reader, entries }: VerifyDeps,
): Promise<Problem | undefined> =>
  (await checkRecords(block, reader)) ??
  (block.seq <= cursor.seq ? await checkEntries(block, entries) : undefined) ??
  checkCursor(cursor, replay);

const replayLane = async (
  lane: number,
  deps: VerifyDeps,
): Promise<{ readonly replay: Replay; readonly problem?: Problem }> => {
  let replay = newReplay(lane);
  const cursor = await deps.entries.cursor(lane);
  for await (const blocks of deps.reader.blocks(lane, 0))
    for (const block of blocks) {
      const next = replayBlock(replay, block);
      if ('where' in next) return { replay, problem: next };
      replay = next;
      const problem = await checkBlock(block, replay, cursor, deps);
      if (problem) return { replay, problem };
    }
  const ahead = cursor.seq > replay.head.seq;
  const problem = bad(`cursor of lane ${lane}`, `is at block ${cursor.seq}, beyond the journal`);
  return ahead ? { replay, problem } : { replay };
};

const checkHead = (head: Head, { head: found }: Replay): Problem | undefined => {
  if (head.seq === found.seq && head.hash === found.hash) return undefined;
  return bad(`lane ${head.lane}, head`, `says block ${head.seq}, the journal ends at ${found.seq}`);
};

const checkSums = (replay: Replay): Problem | undefined => {
  const [odd] = [...sumsOf(replay)].filter(([, sum]) => sum !== 0n);
  return odd && bad(blockName(replay.head), `the accounts of ${odd[0]} sum to ${odd[1]}`);
};

const balanceName = ({ key, lane }: Pick<StoredBalance, 'key' | 'lane'>): string =>
  `balance of ${key.account} (${key.unit}) in lane ${lane}`;

const checkBalance = (
  stored: StoredBalance,
  replays: readonly Replay[],
  held: ReadonlyMap<string, bigint>,
): Problem | undefined => {
  const { key, lane, position, available } = stored;
  const expected = replays[lane]?.book.position(key, lane);
  const where = balanceName(stored);
  for (const field of ['debits', 'credits', 'seq'] as const)
    if (expected?.[field] !== position[field])
      return bad(where, `${field} are ${position[field]}, the journal gives ${expected?.[field]}`);
  const promised = held.get(where) ?? 0n;
  if (position.held !== promised)
    return bad(where, `${position.held} are held, its open holds have ${promised}`);
  const free = postedOf(position) - position.held;
  return available === free ? undefined : bad(where, `${available} available instead of ${free}`);
};

const holdsOf = async ({ reader, lanes }: VerifyDeps): Promise<readonly Hold[]> => {
  const all: Hold[] = [];
  for (let lane = 0; lane < lanes; lane += 1)
    for await (const holds of reader.pendingHolds(lane)) all.push(...holds);
  return all;
};

/** Sums what is held in each balance, by the balance's name. */
const heldBy = (holds: readonly Hold[]): ReadonlyMap<string, bigint> | Problem => {
  const held = new Map<string, bigint>();
  for (const { id, state, unit, from, lane, left } of holds) {
    if (state !== 'pending') return bad(`hold ${id}`, `is indexed as open and is ${state}`);
    const name = balanceName({ key: { unit, account: from }, lane });
    held.set(name, (held.get(name) ?? 0n) + left);
  }
  return held;
};

const checkBalances = async (
  replays: readonly Replay[],
  holds: readonly Hold[],
  { reader }: VerifyDeps,
): Promise<{ readonly seen: number; readonly problem?: Problem }> => {
  const held = heldBy(holds);
  if ('what' in held) return { seen: 0, problem: held };
  const missing = new Map(
    replays.flatMap(({ book, head }) =>
      [...book.positions()].map(([name]) => [name, head.lane] as const),
    ),
  );
  let seen = 0;
  for await (const balances of reader.balances())
    for (const stored of balances) {
      const problem = checkBalance(stored, replays, held);
      if (problem) return { seen, problem };
      missing.delete(`${stored.key.unit}#${stored.key.account}#${stored.lane}`);
      seen += 1;
    }
  const [gone] = missing.keys();
  return gone === undefined ? { seen } : { seen, problem: bad(`balance ${gone}`, 'is missing') };
};

/** While nobody writes; what is written meanwhile may look like a difference. */
export const verify = async (deps: VerifyDeps): Promise<Verdict> => {
  const replays: Replay[] = [];
  let problem: Problem | undefined;
  for (let lane = 0; lane < deps.lanes && !problem; lane += 1) {
    const { replay, problem: found } = await replayLane(lane, deps);
    replays.push(replay);
    problem = found ?? checkSums(replay) ?? checkHead(await deps.store.head(lane), replay);
  }
  const holds = problem ? [] : await holdsOf(deps);
  const balances = problem ? { seen: 0 } : await checkBalances(replays, holds, deps);
  const first = problem ?? balances.problem;
  return {
    ...(first && { problem: first }),
    blocks: replays.reduce((sum, { head }) => sum + head.seq, 0),
    transfers: replays.reduce((sum, { transfers }) => sum + transfers, 0),
    balances: balances.seen,
    holds: holds.length,
    digest: replays.map(({ digest }) => digest.toString(16).padStart(64, '0')),
  };
};
