/** The ledger's terms. Amounts are integers in the unit's smallest part (minor units). */

/** Free text that travels with a record, bounded. */
export type Metadata = Readonly<Record<string, string>>;

/** One account holds one unit; the same name in another unit is another account. */
export interface AccountKey {
  readonly unit: string;
  readonly account: string;
}

export interface Account extends AccountKey {
  /** Where it is debited: its home. Credits go to its balance in the debited account's lane. */
  readonly lane: number;
  /** Never owes: what it may spend is never below zero. */
  readonly guarded: boolean;
  readonly closed: boolean;
  /** ms since the epoch. */
  readonly createdAt: number;
  readonly metadata?: Metadata;
}

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

/** What moves at once, and is journaled. All its moves debit the same account. */
export interface Transfer {
  readonly id: string;
  readonly unit: string;
  readonly moves: readonly Move[];
  /** Paid out of a hold; with `final`, what is left of it goes back. */
  readonly hold?: { readonly id: string; readonly final: boolean };
  /** The transfer that this one takes back. */
  readonly reverses?: string;
  /** Only to move an account's own balance between lanes. */
  readonly lane?: number;
  readonly metadata?: Metadata;
  /** It was decided while its accounts were open: closing them since does not stop it. Not journaled. */
  readonly promised?: boolean;
}

export type HoldState = 'pending' | 'posted' | 'released' | 'expired';

/** A promise: it lowers what an account may spend, and is not journaled. */
export interface HoldRequest {
  readonly id: string;
  readonly unit: string;
  readonly from: string;
  readonly amount: bigint;
  /** ms since the epoch. */
  readonly expiresAt: number;
  /** Taken out of another hold instead of the account. */
  readonly parent?: string;
  readonly metadata?: Metadata;
}

export interface Hold extends HoldRequest {
  readonly state: HoldState;
  /** What is still held. */
  readonly left: bigint;
  readonly lane: number;
}

/** An account's standing in one lane. */
export interface Position {
  readonly debits: bigint;
  readonly credits: bigint;
  readonly held: bigint;
  /** Counts the entries: the journal of the account in this lane. */
  readonly seq: number;
}

export const EMPTY: Position = { debits: 0n, credits: 0n, held: 0n, seq: 0 };

export const postedOf = ({ credits, debits }: Position): bigint => credits - debits;
export const availableOf = (position: Position): bigint => postedOf(position) - position.held;

/** What a transfer did to one account. */
export interface Leg {
  readonly account: string;
  /** Signed: what the account gained. */
  readonly change: bigint;
  readonly seq: number;
  /** Posted balance in the lane afterwards. */
  readonly balance: bigint;
  readonly guarded: boolean;
}

/** What a transfer does to the hold it is paid from. */
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
 * Every answer of the ledger; the first that applies, in this order: shape, id, accounts,
 * closed, hold, funds. `linked_failed` marks the others of a set in which one failed; `store_refused`
 * that the table never takes what it was sent; `unknown` that the deadline passed, and that asking
 * again with the same id is safe.
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

export interface Outcome {
  readonly id: string;
  readonly code: Code;
  /** The account or the field that is meant, and figures, for people. */
  readonly detail?: string;
}

export const isDone = ({ code }: Pick<Outcome, 'code'>): boolean =>
  code === 'created' || code === 'exists';
