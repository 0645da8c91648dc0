/**
 * The past of an account: statements, and balances at any time. Entries are written out a moment
 * after the journal. Entries that are not written out yet are made from the blocks.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import type { AccountKey } from '../core/types.ts';
import type { EntryStore, LaneStore, LedgerReader, StatementEntry } from '../ports.ts';
import { statementOf } from './projectEntries.ts';

/** What reading the past needs. */
export interface PastDeps {
  readonly store: Pick<LaneStore, 'head'>;
  readonly reader: Pick<LedgerReader, 'blocks'>;
  readonly entries: Pick<EntryStore, 'cursor' | 'entries' | 'oldest' | 'snapshot'>;
  readonly lanes: number;
}

/** The place of an entry among all entries of an account. No two entries have the same place. */
export type EntryPlace = Pick<StatementEntry, 'at' | 'lane' | 'seq'>;

/**
 * Which entries to read: those before a time (ms since the epoch, not included), or those that
 * follow the last entry of a page.
 */
export type Before = Pick<StatementEntry, 'at'> | EntryPlace;

/** The entries are too many blocks behind the journal. */
class NotWrittenOutError extends Error {
  override readonly name = 'NotWrittenOutError';
  readonly code = 'LEDGER_NOT_WRITTEN_OUT';
}

/** The newest entry first; no two entries have the same place. */
export const newestFirst = (a: EntryPlace, b: EntryPlace): number =>
  b.at - a.at || b.lane - a.lane || b.seq - a.seq;

const isBefore = (entry: EntryPlace, before: Before | undefined): boolean => {
  if (!before) return true;
  return 'seq' in before ? newestFirst(before, entry) < 0 : entry.at < before.at;
};

/**
 * The bound of one lane. Entries of the same time are ordered by lane: so another lane has all
 * entries of that time before the bound, or none.
 */
const boundIn = (lane: number, before: Before | undefined) => {
  if (!before || !('seq' in before)) return before;
  const { at, lane: its, seq } = before;
  if (lane === its) return { at, seq };
  return { at: lane < its ? at + 1 : at };
};

/** The numbers of all lanes. */
export const laneNumbers = (lanes: number): readonly number[] =>
  Array.from({ length: lanes }, (_, lane) => lane);

/**
 * The entries of one account in a lane that are not written out yet, from the blocks.
 * @throws NotWrittenOutError LEDGER_NOT_WRITTEN_OUT
 */
export const unwrittenEntries = async (
  { unit, account }: AccountKey,
  lane: number,
  { reader, entries }: PastDeps,
): Promise<readonly StatementEntry[]> => {
  const cursor = await entries.cursor(lane);
  const tail: StatementEntry[] = [];
  let count = 0;
  for await (const blocks of reader.blocks(lane, cursor.seq)) {
    count += blocks.length;
    if (count > LIMITS.ledgerReadOnBlocksMax)
      throw new NotWrittenOutError(
        `the entries of lane ${lane} are more than ${LIMITS.ledgerReadOnBlocksMax} blocks behind: ` +
          'see whether the snapshotter runs, and ask again',
      );
    const found = blocks.flatMap(statementOf);
    tail.push(...found.filter(({ key }) => key.unit === unit && key.account === account));
  }
  return tail;
};

/** Removes doubles: entries may be written out while the journal is read. */
const distinct = (all: readonly StatementEntry[]): readonly StatementEntry[] => [
  ...new Map(all.map((entry) => [`${entry.lane}/${entry.seq}`, entry])).values(),
];

/**
 * Entries of an account, newest first, over all lanes. To read the next page, give the last entry
 * of a page as `before`.
 * @throws NotWrittenOutError LEDGER_NOT_WRITTEN_OUT when the entries of a lane are more than
 * `ledgerReadOnBlocksMax` blocks behind the journal
 */
export const statement = async (
  key: AccountKey,
  { before, limit }: { readonly before?: Before | undefined; readonly limit: number },
  deps: PastDeps,
): Promise<readonly StatementEntry[]> => {
  const inLane = async (lane: number): Promise<readonly StatementEntry[]> => {
    const tail = await unwrittenEntries(key, lane, deps);
    const bound = boundIn(lane, before);
    const entries = await deps.entries.entries(key, lane, {
      ...(bound && { before: bound }),
      limit,
    });
    return distinct([...entries, ...tail.filter((entry) => isBefore(entry, before))]);
  };
  const all = await Promise.all(laneNumbers(deps.lanes).map(inLane));
  return all.flat().sort(newestFirst).slice(0, limit);
};

/** A balance without an entry: of no entries at all, or of a snapshot after archived ones. */
interface Base {
  readonly balance: bigint;
  /** The balance holds from then on, until the oldest entry; ms since the epoch. */
  readonly from: number;
}

const NO_ENTRIES: Base = { balance: 0n, from: Number.NEGATIVE_INFINITY };

/**
 * What one lane has before its oldest entry, for times up to `at`. undefined: the entries that tell
 * the balance are archived. Archiving begins with the oldest entry and ends with an entry that has a
 * snapshot. The snapshot is then the base of the entries that are left.
 */
export const baseOfLane = async (
  key: AccountKey,
  lane: number,
  at: number,
  { entries: store }: Pick<PastDeps, 'entries'>,
): Promise<Base | undefined> => {
  const oldest = await store.oldest(key, lane);
  if (oldest?.seq === 1) return NO_ENTRIES;
  const base = await store.snapshot(key, lane, oldest ? at + 1 : Number.MAX_SAFE_INTEGER);
  if (oldest && base?.seq !== oldest.seq - 1) return undefined;
  if (!base) return NO_ENTRIES;
  return { balance: base.balance, from: base.at };
};

/** The posted balance of one lane at a time, in minor units; undefined: it is archived. */
const laneBalanceAt = async (
  key: AccountKey,
  lane: number,
  at: number,
  deps: PastDeps,
): Promise<bigint | undefined> => {
  const store = deps.entries;
  const tail = (await unwrittenEntries(key, lane, deps)).filter((entry) => entry.at <= at);
  const written = await store.entries(key, lane, { before: { at: at + 1 }, limit: 1 });
  const [last] = [...written, ...tail].sort(newestFirst);
  if (last) return last.balance;
  const base = await baseOfLane(key, lane, at, deps);
  return base && base.from <= at ? base.balance : undefined;
};

/** The answer of {@link balanceAt}. */
export type PastBalance =
  | { readonly kind: 'known'; readonly posted: bigint }
  /** The entries that tell the balance are archived. */
  | { readonly kind: 'archived' }
  /** More may be posted up to that time. The balance is known at `from` (ms since the epoch). */
  | { readonly kind: 'not known yet'; readonly from: number };

/** Whether nothing more can be posted up to that time. Each lane has a time of its own. */
const isOver = async (at: number, { store, lanes }: PastDeps, clock: Clock): Promise<boolean> => {
  if (at + LIMITS.ledgerSettledMs < clock.now()) return true;
  const heads = await Promise.all(laneNumbers(lanes).map((lane) => store.head(lane)));
  return heads.every((head) => head.at > at);
};

/**
 * The posted balance at the end of `at` (ms since the epoch), in minor units. A known balance never
 * changes. It includes all transfers of a set or none of them, also when the set is in several
 * lanes.
 * @throws NotWrittenOutError LEDGER_NOT_WRITTEN_OUT when the entries of a lane are more than
 * `ledgerReadOnBlocksMax` blocks behind the journal
 */
export const balanceAt = async (
  key: AccountKey,
  at: number,
  deps: PastDeps & { readonly clock: Clock },
): Promise<PastBalance> => {
  if (!(await isOver(at, deps, deps.clock)))
    return { kind: 'not known yet', from: at + LIMITS.ledgerSettledMs };
  const each = await Promise.all(
    laneNumbers(deps.lanes).map((lane) => laneBalanceAt(key, lane, at, deps)),
  );
  const known = each.filter((balance) => balance !== undefined);
  if (known.length < each.length) return { kind: 'archived' };
  return { kind: 'known', posted: known.reduce((sum, balance) => sum + balance, 0n) };
};
