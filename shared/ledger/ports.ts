/** What the ledger's rules need of the outside; the adapter is in dynamo/. */
import type { Block, Head } from './core/blocks.ts';
import type { Executed } from './core/execute.ts';
import type { Account, AccountKey, Hold, Position, Transfer } from './core/types.ts';

export interface Wanted {
  readonly accounts?: readonly AccountKey[];
  readonly positions?: readonly { readonly key: AccountKey; readonly lane: number }[];
  /** Ids of transfers and holds. */
  readonly records?: readonly string[];
}

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

/** How one account's balance changes in a commit. */
export interface Change {
  readonly key: AccountKey;
  readonly lane: number;
  readonly after: Position;
  readonly available: bigint;
  readonly held: bigint;
  /** What must be available for every step of the group to be covered; 0 when nothing is. */
  readonly need: bigint;
  /** A closed account may still pay what it has promised. */
  readonly mayBeClosed: boolean;
}

export interface Commit {
  readonly heads: readonly Head[];
  readonly blocks: readonly Block[];
  readonly done: readonly Executed[];
  readonly changes: readonly Change[];
  /** ms since the epoch. */
  readonly now: number;
}

type CommitAnswer =
  | { readonly kind: 'done' }
  /** Others are at the same items, or there is too much at once: nothing was decided. */
  | { readonly kind: 'busy' }
  /** Something is not as it was thought to be. */
  | {
      readonly kind: 'stale';
      /** These ids have a record already. */
      readonly taken: readonly string[];
      /** Beside them, a head, a balance or a hold has changed. */
      readonly moved: boolean;
    };

export interface LaneStore {
  head(lane: number): Promise<Head>;
  /** Of several lanes at one moment; undefined when a commit was at one of them. */
  heads(lanes: readonly number[]): Promise<readonly Head[] | undefined>;
  /** Reads what is current; what is not there is left out. */
  load(wanted: Wanted): Promise<Found>;
  /** All of it or nothing; sent twice it is done once. */
  commit(commit: Commit): Promise<CommitAnswer>;
}

export type HoldAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'refused' };

export interface HoldStore {
  /** Holds of one account, or out of one parent hold: all or none. */
  place(
    holds: readonly Hold[],
    source: { readonly guarded: boolean; readonly now: number },
  ): Promise<HoldAnswer>;
  /** Ends a pending hold and gives back what is left. */
  end(hold: Hold, as: 'released' | 'expired'): Promise<HoldAnswer>;
  /**
   * Pending holds of a lane that should have ended by `until` (ms since the epoch), oldest first.
   * @param of only those of one account
   */
  expired(lane: number, until: number, limit: number, of?: AccountKey): Promise<readonly Hold[]>;
}

export interface AccountStore {
  /** undefined when it was made; else the account that has the name. */
  open(account: Account): Promise<Account | undefined>;
  setClosed(key: AccountKey, closed: boolean): Promise<'done' | 'busy' | 'missing'>;
  list(): AsyncIterable<readonly Account[]>;
  /** All accounts with their balances, in no order. */
  balances(): AsyncIterable<{
    readonly accounts: readonly Account[];
    readonly balances: readonly StoredBalance[];
  }>;
}

/** A balance as the table has it. */
export interface StoredBalance {
  readonly key: AccountKey;
  readonly lane: number;
  readonly position: Position;
  readonly available: bigint;
  readonly closed: boolean;
}

/** Where in the journal a transfer stands. */
export interface Place {
  readonly lane: number;
  readonly seq: number;
  readonly index: number;
}

export type StoredRecord = { readonly id: string } & (
  | { readonly transfer: Transfer; readonly place: Place }
  | { readonly hold: Hold }
);

/** What an item of the table is. */
export type ItemContent =
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'balance'; readonly balance: StoredBalance }
  | { readonly kind: 'record'; readonly record: StoredRecord }
  | { readonly kind: 'entry'; readonly entry: StatementEntry }
  | { readonly kind: 'snapshot'; readonly snapshot: AccountSnapshot }
  | { readonly kind: 'cursor' | 'checkpoint'; readonly cursor: Cursor }
  | { readonly kind: 'head' | 'block'; readonly head: Head }
  /** Of an import; not part of the balances. */
  | { readonly kind: 'history' }
  | { readonly kind: 'unknown' };

export type StoredItem = ItemContent & {
  /** Its key, for what has no better name. */
  readonly id: string;
  /** The first field that is not as the ledger writes it beside the others. */
  readonly odd?: string;
};

/** What the table has under a key does not say anything. */
export class UnreadableItemError extends Error {
  override readonly name = 'UnreadableItemError';
  readonly code = 'LEDGER_ITEM_UNREADABLE';
  readonly id: string;
  constructor(id: string, cause: unknown) {
    super(`item ${id} of the ledger's table cannot be read`, { cause });
    this.id = id;
  }
}

/** The ledger as a whole, for whoever checks or copies it. */
export interface LedgerReader {
  block(lane: number, seq: number): Promise<Block | undefined>;
  /** Blocks of a lane after `seq`, in order, page by page. */
  blocks(lane: number, seq: number): AsyncIterable<readonly Block[]>;
  /** All there is, in no order. */
  items(): AsyncIterable<readonly StoredItem[]>;
  records(ids: readonly string[]): Promise<readonly StoredRecord[]>;
  /** By the time of their end. */
  pendingHolds(lane: number): AsyncIterable<readonly Hold[]>;
}

/** How far a lane's journal has been written out as entries. */
export interface Cursor {
  readonly lane: number;
  readonly seq: number;
  readonly hash: string;
  /** Of the lane's balances at that block. */
  readonly digest: bigint;
}

/** One line of an account's statement: what a transfer did to it in one lane. */
export interface StatementEntry {
  readonly key: AccountKey;
  readonly lane: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly seq: number;
  readonly transfer: string;
  readonly change: bigint;
  /** Posted in the lane afterwards. */
  readonly balance: bigint;
  readonly block: number;
}

/** An account's balance in one lane after every so-manieth entry: a base where entries are gone. */
export interface AccountSnapshot {
  readonly key: AccountKey;
  readonly lane: number;
  /** ms since the epoch. */
  readonly at: number;
  /** Of the entry that it stands for. */
  readonly seq: number;
  readonly balance: bigint;
  readonly block: number;
  /** Of the block. */
  readonly hash: string;
}

/** What the journal is written out as. */
export interface WrittenOut {
  readonly entries: readonly StatementEntry[];
  readonly snapshots: readonly AccountSnapshot[];
  readonly checkpoints: readonly Cursor[];
}

export interface EntryStore {
  cursor(lane: number): Promise<Cursor>;
  /** Keys and content follow from the blocks alone: written again, they are the same. */
  write(what: WrittenOut): Promise<void>;
  /** false when somebody else moved it. */
  advance(from: Cursor, to: Cursor): Promise<boolean>;
  /** Those of the given ones that are there, as they are there. */
  find(wanted: WrittenOut): Promise<WrittenOut>;
  /** Newest first, of one lane. @param before not included; with `seq`, an entry of that time */
  entries(
    key: AccountKey,
    lane: number,
    options: {
      readonly before?: { readonly at: number; readonly seq?: number };
      readonly limit: number;
    },
  ): Promise<readonly StatementEntry[]>;
  /** The first that there still is in the lane. */
  oldest(key: AccountKey, lane: number): Promise<StatementEntry | undefined>;
  /** The newest of one lane before `before` (ms since the epoch, not included). */
  snapshot(key: AccountKey, lane: number, before: number): Promise<AccountSnapshot | undefined>;
}

/** What was journaled before the ledger was this one; not part of its balances. */
export interface HistoryStore {
  write(
    lines: readonly { readonly key: AccountKey; readonly line: number; readonly raw: string }[],
  ): Promise<void>;
  /** Newest first. */
  read(key: AccountKey, limit: number): Promise<readonly string[]>;
}
