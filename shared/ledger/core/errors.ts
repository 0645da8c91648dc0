/** What the ledger throws. A refused request is an outcome, not an error. */

/** The table refuses what was sent, and will refuse the same again. */
export class StoreRefusedError extends Error {
  override readonly name = 'StoreRefusedError';
  readonly code = 'LEDGER_STORE_REFUSED';
}

/** Whoever asks has no right to: nothing was done, and nothing will be before a person changes that. */
export class StoreDeniedError extends Error {
  override readonly name = 'StoreDeniedError';
  readonly code = 'LEDGER_STORE_DENIED';
}
