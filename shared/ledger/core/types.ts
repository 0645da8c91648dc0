/** The ledger's terms. Amounts are integers in the unit's smallest part (minor units). */

/** Free text that is kept with a record, at most `ledgerMetadataBytesMax` bytes as JSON. */
export type Metadata = Readonly<Record<string, string>>;

/** An account has one unit. The same name with another unit is another account. */
export interface AccountKey {
  readonly unit: string;
  readonly account: string;
}

/** An account, without its balances: {@link Position}. */
export interface Account extends AccountKey {
  /** The home lane: debits of the account go here. Credits go to the lane of the payer. */
  readonly lane: number;
  /** A guarded account never owes: its available amount is never below zero. */
  readonly guarded: boolean;
  readonly closed: boolean;
  /** ms since the epoch. */
  readonly createdAt: number;
  readonly metadata?: Metadata;
}

/** Minor units from one account to another. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

/** Moves that happen at once, all or none, and are journaled. All moves debit the same account. */
export interface Transfer {
  readonly id: string;
  readonly unit: string;
  readonly moves: readonly Move[];
  /** The hold that pays. With `final`, the rest of the hold goes back to the account. */
  readonly hold?: { readonly id: string; readonly final: boolean };
  /** The id of the transfer that this transfer takes back. */
  readonly reverses?: string;
  /** Set only where an account moves its own balance between lanes. */
  readonly lane?: number;
  readonly metadata?: Metadata;
  /**
   * The transfer was decided while its accounts were open. An account that was closed since then
   * does not stop the transfer. Not journaled.
   */
  readonly promised?: boolean;
}

export type HoldState = 'pending' | 'posted' | 'released' | 'expired';

/** Asks for a hold. A hold lowers the available amount of an account, and is not journaled. */
export interface HoldRequest {
  readonly id: string;
  readonly unit: string;
  readonly from: string;
  readonly amount: bigint;
  /** ms since the epoch. */
  readonly expiresAt: number;
  /** The id of another hold: the amount is taken from that hold instead of the account. */
  readonly parent?: string;
  readonly metadata?: Metadata;
}

/** A hold as it stands. */
export interface Hold extends HoldRequest {
  readonly state: HoldState;
  /** Minor units that are still held. */
  readonly left: bigint;
  readonly lane: number;
}

/** The sums of an account in one lane, in minor units. */
export interface Position {
  readonly debits: bigint;
  readonly credits: bigint;
  readonly held: bigint;
  /** How many entries the account has in this lane. */
  readonly seq: number;
}

/** The position of an account in a lane where the account has no entry. */
export const EMPTY: Position = { debits: 0n, credits: 0n, held: 0n, seq: 0 };

/** The posted balance, in minor units: credits less debits. */
export const postedOf = ({ credits, debits }: Position): bigint => credits - debits;

/** What the account may spend, in minor units: the posted balance less the holds. */
export const availableOf = (position: Position): bigint => postedOf(position) - position.held;

/** What a transfer did to one account. Amounts are in minor units. */
export interface Leg {
  readonly account: string;
  /** What the account gained; below zero when the account paid. */
  readonly change: bigint;
  /** The number of this entry among the entries of the account in the lane, from 1. */
  readonly seq: number;
  /** The posted balance in the lane after the transfer. */
  readonly balance: bigint;
  readonly guarded: boolean;
}

/** What a transfer takes from its hold. `returned` goes back to the account. In minor units. */
export interface Draw {
  readonly id: string;
  readonly drawn: bigint;
  readonly returned: bigint;
  readonly closes: boolean;
}

type Field =
  | 'type'
  | 'unit'
  | 'from'
  | 'to'
  | 'amount'
  | 'hold'
  | 'reversal'
  | 'expiry'
  | 'metadata';

/**
 * Every answer of the ledger. The first that applies is given, in this order: shape, id, accounts,
 * closed, hold, funds. `linked_failed`: another transfer of the set failed, and so this transfer
 * did. `store_refused`: the table never takes what was sent. `unknown`: the deadline passed without
 * an answer; asking again with the same id is safe.
 */
export type Code =
  | 'created'
  | 'exists'
  | `exists_with_different_${Field}`
  | 'id_invalid'
  | 'id_repeated'
  | 'amount_out_of_range'
  | 'same_account'
  | 'expiry_out_of_range'
  | 'metadata_too_large'
  | 'set_too_large'
  | 'account_not_found'
  | 'account_closed'
  | 'transfer_not_found'
  | 'pending_not_found'
  | `pending_already_${Exclude<HoldState, 'pending'>}`
  | `pending_has_different_${'unit' | 'from'}`
  | 'exceeds_pending_amount'
  | 'exceeds_credits'
  | 'linked_failed'
  | 'store_refused'
  | 'unknown';

/** The answer to one request, by the id of the request. */
export interface Outcome {
  readonly id: string;
  readonly code: Code;
  /** For people: the account or field that the code is about, with figures. */
  readonly detail?: string;
}

/** Whether the request is carried out, now or by an earlier request with the same content. */
export const isDone = ({ code }: Pick<Outcome, 'code'>): boolean =>
  code === 'created' || code === 'exists';
