/** What the console's server sends for the views of ledger, hosts and waits: types alone. */

/** How the comparison of the ledger with its journal stands. Times are ms since the epoch. */
export interface VerifyState {
  readonly state: 'never' | 'runs' | 'stopped' | 'failed' | 'right' | 'wrong';
  /** Blocks of the journal that were executed again, and all that there were at the start. */
  readonly blocks: number;
  readonly blocksTotal: number;
  /** Items of the table that were compared, after the journal. */
  readonly items: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** The first difference. */
  readonly problem?: { readonly where: string; readonly what: string };
  readonly seen?: Readonly<
    Record<'blocks' | 'transfers' | 'accounts' | 'balances' | 'holds', number>
  >;
  /** Why the look could not go on. */
  readonly fault?: string;
}
