/** What the ledger throws. A refused request is an outcome, not an error. */

/** The table refuses what was sent, and will refuse the same again. */
export class StoreRefusedError extends Error {
  override readonly name = 'StoreRefusedError';
  readonly code = 'LEDGER_STORE_REFUSED';
}

/** The caller lacks a right: nothing was done, and a retry does nothing until a person gives it. */
export class StoreDeniedError extends Error {
  override readonly name = 'StoreDeniedError';
  readonly code = 'LEDGER_STORE_DENIED';
}
