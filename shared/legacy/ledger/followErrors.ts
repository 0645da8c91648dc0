/** Why the original's ledger cannot be followed any further. */

/** What stops a follower; each needs a person. */
export type FollowFault =
  /** The hashes of the journal do not fit. */
  | 'JOURNAL_BROKEN'
  /** ledger.json has lost transfers that are in the mesh: it is another file now. */
  | 'LEDGER_REPLACED'
  /** The state file is not one that this version wrote. */
  | 'STATE_UNREADABLE'
  /** The mesh refused a payment. */
  | 'PAYMENT_REFUSED'
  /** Balances differ at the cut-over. */
  | 'BALANCES_DIFFER'
  /** Holds are open, so that what an account has cannot be given back. */
  | 'HOLDS_OPEN'
  /** The command does not fit what was done before. */
  | 'WRONG_PHASE'
  /** The original, or another follower, keeps the lock. */
  | 'LOCKED';

/** The original's ledger cannot be followed further; the message says what to do. */
export class LegacyFollowError extends Error {
  override readonly name = 'LegacyFollowError';
  readonly code: FollowFault;
  constructor(code: FollowFault, message: string) {
    super(message);
    this.code = code;
  }
}
