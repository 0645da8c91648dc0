/** What the rules of the ledger need from outside. The adapters are in dynamo/. */
import type { Block, Head } from './core/blocks.ts';
import type { Executed } from './core/execute.ts';
import type { Account, AccountKey, Hold, Position, Transfer } from './core/types.ts';

/** What to load. */
export interface WantedItems {
  readonly accounts?: readonly AccountKey[];
  readonly positions?: readonly { readonly key: AccountKey; readonly lane: number }[];
  /** Ids of transfers and holds. */
  readonly records?: readonly string[];
}

/** What was loaded. */
export interface Found {
  readonly accounts: readonly Account[];
  readonly positions: readonly {
    readonly key: AccountKey;
    readonly lane: number;
    readonly position: Position;
  }[];
  readonly transfers: readonly Transfer[];
  readonly holds: readonly Hold[];
}

/** How one balance changes in a commit. Amounts are in minor units. */
export interface BalanceChange {
  readonly key: AccountKey;
  readonly lane: number;
  readonly after: Position;
  /** Differences: what is added to the available and to the held amount. */
  readonly available: bigint;
  readonly held: bigint;
  /** What must be available so that each step of the group is covered; 0 when nothing must be. */
  readonly need: bigint;
  /** The account may be closed: its part in the group was promised before. */
  readonly mayBeClosed: boolean;
}

/** One transaction: `heads[i]` is the head before `blocks[i]`. */
export interface Commit {
  readonly heads: readonly Head[];
  readonly blocks: readonly Block[];
  readonly done: readonly Executed[];
  readonly changes: readonly BalanceChange[];
  /** ms since the epoch. */
  readonly now: number;
}

type CommitAnswer =
  | { readonly kind: 'done' }
  /** Other writers use the same items, or the table is throttled: nothing was decided. */
  | { readonly kind: 'busy' }
  /** The table is not as the commit expected: nothing was written. */
  | {
      readonly kind: 'stale';
      /** Ids of the commit that have a record already. */
      readonly taken: readonly string[];
      /** A head, a balance or a hold has changed, too. */
      readonly moved: boolean;
    };

export interface LaneStore {
  head(lane: number): Promise<Head>;
  /** The heads of several lanes at one moment; undefined when a commit interfered. */
  heads(lanes: readonly number[]): Promise<readonly Head[] | undefined>;
  /** Reads the current state. Items that do not exist are left out. */
  load(wanted: WantedItems): Promise<Found>;
  /** Writes all or nothing. A commit that is sent twice is written once. */
  commit(commit: Commit): Promise<CommitAnswer>;
}

export type HoldAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'refused' };

export interface HoldStore {
  /** Places holds of one account, or out of one parent hold: all or none. */
  place(
    holds: readonly Hold[],
    source: { readonly guarded: boolean; readonly now: number },
  ): Promise<HoldAnswer>;
  /** Ends a pending hold and gives back its rest. `refused` when the hold has changed. */
  end(hold: Hold, as: 'released' | 'expired'): Promise<HoldAnswer>;
  /**
   * Pending holds of a lane, due by `until` (ms since the epoch), oldest first.
   * @param of only the holds of this account
   */
  expired(lane: number, until: number, limit: number, of?: AccountKey): Promise<readonly Hold[]>;
}

export interface AccountStore {
  /** undefined when the account was opened; else the account that has the name already. */
  open(account: Account): Promise<Account | undefined>;
  setClosed(key: AccountKey, closed: boolean): Promise<'done' | 'busy' | 'missing'>;
  /** For copies. @throws UnreadableItemError LEDGER_ITEM_UNREADABLE for damaged metadata */
  list(): AsyncIterable<readonly Account[]>;
  /** Accounts and balances, page by page, in no order: a page need not have both of one account. */
  balances(): AsyncIterable<{
    readonly accounts: readonly Account[];
    readonly balances: readonly StoredBalance[];
  }>;
}

/** A balance as stored in the table. */
export interface StoredBalance {
  readonly key: AccountKey;
  readonly lane: number;
  readonly position: Position;
  readonly available: bigint;
  readonly closed: boolean;
}

/** Where a transfer is in the journal: lane, block, index in the block. */
export interface JournalPlace {
  readonly lane: number;
  readonly seq: number;
  readonly index: number;
}

export type StoredRecord = { readonly id: string } & (
  | { readonly transfer: Transfer; readonly place: JournalPlace }
  | { readonly hold: Hold }
);

/** An item of the table by its kind. */
export type ItemContent =
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'balance'; readonly balance: StoredBalance }
  | { readonly kind: 'record'; readonly record: StoredRecord }
  | { readonly kind: 'entry'; readonly entry: StatementEntry }
  | { readonly kind: 'snapshot'; readonly snapshot: AccountSnapshot }
  | { readonly kind: 'cursor' | 'checkpoint'; readonly cursor: Cursor }
  | { readonly kind: 'head' | 'block'; readonly head: Head }
  /** A line of an imported journal; not part of the balances. */
  | { readonly kind: 'history' }
  | { readonly kind: 'unknown' };

export type StoredItem = ItemContent & {
  /** The key of the item, as a name for an item without a better name. */
  readonly id: string;
  /** The first field that does not fit the other fields: the ledger would write another value. */
  readonly odd?: string;
};

/** An item of the table has no content that the ledger can read. */
export class UnreadableItemError extends Error {
  override readonly name = 'UnreadableItemError';
  readonly code = 'LEDGER_ITEM_UNREADABLE';
  readonly id: string;
  constructor(id: string, cause: unknown) {
    super(`item ${id} of the ledger's table cannot be read`, { cause });
    this.id = id;
  }
}

/** The ledger as a whole, for checks and copies. */
export interface LedgerReader {
  account(key: AccountKey): Promise<Account | undefined>;
  balance(key: AccountKey, lane: number): Promise<StoredBalance | undefined>;
  block(lane: number, seq: number): Promise<Block | undefined>;
  /** Blocks of a lane after `seq`, in order, page by page. */
  blocks(lane: number, seq: number): AsyncIterable<readonly Block[]>;
  /** Every item, in no order. @throws UnreadableItemError LEDGER_ITEM_UNREADABLE for such an item */
  items(): AsyncIterable<readonly StoredItem[]>;
  records(ids: readonly string[]): Promise<readonly StoredRecord[]>;
  /** Pending holds, ordered by `expiresAt`. */
  pendingHolds(lane: number): AsyncIterable<readonly Hold[]>;
}

/** How far a lane's journal has been written out as entries. */
export interface Cursor {
  readonly lane: number;
  readonly seq: number;
  readonly hash: string;
  /** The digest of the balances of the lane after that block. */
  readonly digest: bigint;
}

/** One line of a statement: what a transfer did to an account in one lane. Minor units. */
export interface StatementEntry {
  readonly key: AccountKey;
  readonly lane: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly seq: number;
  readonly transfer: string;
  readonly change: bigint;
  /** The posted balance in the lane after the transfer. */
  readonly balance: bigint;
  readonly block: number;
}

/**
 * The balance of an account in one lane after each `ledgerSnapshotEntries` entries: the base where
 * entries are archived.
 */
export interface AccountSnapshot {
  readonly key: AccountKey;
  readonly lane: number;
  /** ms since the epoch. */
  readonly at: number;
  /** The number of the last entry that the balance includes. */
  readonly seq: number;
  readonly balance: bigint;
  readonly block: number;
  /** The hash of the block. */
  readonly hash: string;
}

/** The items that follow from blocks of the journal. */
export interface WrittenOut {
  readonly entries: readonly StatementEntry[];
  readonly snapshots: readonly AccountSnapshot[];
  readonly checkpoints: readonly Cursor[];
}

export interface EntryStore {
  cursor(lane: number): Promise<Cursor>;
  /** May be repeated: keys and content follow from the blocks alone. */
  write(what: WrittenOut): Promise<void>;
  /** Moves the cursor; false when another writer has moved it. */
  advance(from: Cursor, to: Cursor): Promise<boolean>;
  /** Reads the items with the keys of `wanted`. Items that do not exist are left out. */
  find(wanted: WrittenOut): Promise<WrittenOut>;
  /** Entries of one lane, newest first. `before` (ms since the epoch, `seq`) is not included. */
  entries(
    key: AccountKey,
    lane: number,
    options: {
      readonly before?: { readonly at: number; readonly seq?: number };
      readonly limit: number;
    },
  ): Promise<readonly StatementEntry[]>;
  /** The oldest entry that is not archived. */
  oldest(key: AccountKey, lane: number): Promise<StatementEntry | undefined>;
  /** The newest snapshot of one lane before `before` (ms since the epoch, not included). */
  snapshot(key: AccountKey, lane: number, before: number): Promise<AccountSnapshot | undefined>;
}

/** Lines of the journal of an earlier ledger; not part of the balances. */
export interface HistoryStore {
  write(
    lines: readonly { readonly key: AccountKey; readonly line: number; readonly raw: string }[],
  ): Promise<void>;
  /** Lines as imported, newest first. */
  read(key: AccountKey, limit: number): Promise<readonly string[]>;
}
