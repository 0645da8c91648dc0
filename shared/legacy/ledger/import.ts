/** Bringing the original's ledger over: its balances at once, its journal as history. */

import { mapPool } from '#shared/kernel/pool.ts';
import { isDone, type Outcome } from '#shared/ledger/core/types.ts';
import type { HistoryStore } from '#shared/ledger/ports.ts';
import type { Ledger } from '#shared/ledger/write/ledger.ts';
import { DIGITS, type Report, reportOf, type Snapshot, snapshotOf } from './divergence.ts';
import { type ExactObject, parseExact, scaled } from './exact.ts';
import { type ChainVerdict, type LegacyEvent, readJournal } from './journal.ts';

/** What the original called its credits; one of them is ten thousand minor units. */
export const LEGACY_UNIT = 'TOK';
/** Owes what all others were opened with. */
export const OPENING = 'sheratan:opening';
const IMPORT_ID = 'import:ledger';

export interface LegacyLedger {
  readonly chain: ChainVerdict;
  readonly events: readonly LegacyEvent[];
  readonly snapshot: Snapshot;
  readonly report: Report;
  /** Minor units of each account. */
  readonly balances: ReadonlyMap<string, bigint>;
}

/** @throws SyntaxError, RangeError for what the original did not write */
export const readLegacyLedger = (journal: string, ledgerJson: string): LegacyLedger => {
  const { events, chain } = readJournal(journal);
  const snapshot = snapshotOf(parseExact(ledgerJson) as ExactObject);
  const balances = new Map(
    [...snapshot.accounts].map(([account, text]) => [account, scaled(text, DIGITS)] as const),
  );
  return { chain, events, snapshot, balances, report: reportOf(events, snapshot) };
};

const WIDTH = 16;

/**
 * Repeatable and resumable: accounts and history first, then every balance. Those that fit into one
 * transaction have theirs at once; more are paid in parts, which end where they were cut short.
 * @returns the transfer's outcome; another import than the one that was made is told so
 */
export const importLegacyLedger = async (
  { events, balances }: LegacyLedger,
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
  await history.write(
    events.flatMap(({ account, to, line, raw }) =>
      [account, ...(to === undefined || to === account ? [] : [to])].map((name) => ({
        key: { unit, account: name },
        line,
        raw,
      })),
    ),
  );
  const to = [...balances].flatMap(([account, amount]) =>
    amount > 0n ? [{ to: account, amount }] : [],
  );
  return ledger.disburse({ id: IMPORT_ID, unit, from: OPENING, to });
};
