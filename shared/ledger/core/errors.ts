/** What the ledger throws; refusals of requests are outcomes, not errors. */

/** The table never takes what it was sent: sent again it is refused again. */
export class StoreRefusedError extends Error {
  override readonly name = 'StoreRefusedError';
  readonly code = 'LEDGER_STORE_REFUSED';
}
