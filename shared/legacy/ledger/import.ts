/** Imports the original system's ledger: its balances as transfers, its journal as history. */

import { mapPool } from '#shared/kernel/pool.ts';
import { isDone, type Outcome } from '#shared/ledger/core/types.ts';
import type { HistoryStore } from '#shared/ledger/ports.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import { DIGITS, legacySnapshotOf, type Report, reportOf, type Snapshot } from './divergence.ts';
import { type ExactObject, parseExact, scaled } from './exact.ts';
import { type ChainVerdict, type LegacyEvent, readJournal } from './journal.ts';

/** The unit of the original system's credits; a credit is ten thousand minor units. */
export const LEGACY_UNIT = 'TOK';
/** The account that pays the first balance of all others, so that the sum stays zero. */
export const OPENING = 'sheratan:opening';
const IMPORT_ID = 'import:ledger';

/** The original system's ledger, read and checked. */
export interface LegacyLedger {
  readonly chain: ChainVerdict;
  readonly events: readonly LegacyEvent[];
  readonly snapshot: Snapshot;
  readonly report: Report;
  /** Minor units of each account. */
  readonly balances: ReadonlyMap<string, bigint>;
}

/**
 * Reads journal and balances, and compares them.
 * @throws SyntaxError for a ledgerJson that is no JSON; RangeError for an amount that is no decimal
 */
export const readLegacyLedger = (journal: string, ledgerJson: string): LegacyLedger => {
  const { events, chain } = readJournal(journal);
  const snapshot = legacySnapshotOf(parseExact(ledgerJson) as ExactObject);
  const balances = new Map(
    [...snapshot.accounts].map(([account, text]) => [account, scaled(text, DIGITS)] as const),
  );
  return { chain, events, snapshot, balances, report: reportOf(events, snapshot) };
};

const WIDTH = 16;

/** The lines of the journal, each for the accounts that the line names. */
export const historyLines = (events: readonly LegacyEvent[]) =>
  events.flatMap(({ account, to, line, raw }) =>
    [account, ...(to === undefined || to === account ? [] : [to])].map((name) => ({
      key: { unit: LEGACY_UNIT, account: name },
      line,
      raw,
    })),
  );

/**
 * Opens the accounts, writes the history, then pays every balance. Safe to repeat, also after a
 * stop. Balances that fit into one transaction are paid together; more are paid in parts, and a
 * repetition goes on with the parts that are missing.
 * @returns the outcome of the transfer; a second import with other balances is refused there
 */
export const importLegacyBalances = async (
  { events, balances }: Pick<LegacyLedger, 'events' | 'balances'>,
  { ledger, history }: { readonly ledger: Ledger; readonly history: HistoryStore },
): Promise<Outcome> => {
  const unit = LEGACY_UNIT;
  const requests = [...balances.keys()].map((account) => ({ unit, account }));
  const opened = await mapPool(
    [{ unit, account: OPENING, guarded: false }, ...requests],
    WIDTH,
    ledger.openAccount,
  );
  const refused = opened.find((outcome) => !isDone(outcome));
  if (refused) return refused;
  await history.write(historyLines(events));
  const to = [...balances].flatMap(([account, amount]) =>
    amount > 0n ? [{ to: account, amount }] : [],
  );
  return ledger.disburse({ id: IMPORT_ID, unit, from: OPENING, to });
};
