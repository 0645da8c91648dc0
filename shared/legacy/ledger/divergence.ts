/** Where the original's balances and its journal differ, and why. */
import type { ExactObject } from './exact.ts';
import { Lexeme, scaled } from './exact.ts';
import type { LegacyEvent } from './journal.ts';

/** Ledger units are ten-thousandths of a credit. */
export const DIGITS = 4;

export interface Snapshot {
  /** Balances as they are spelled. */
  readonly accounts: ReadonlyMap<string, string>;
  readonly transfers: readonly LegacyTransfer[];
}

interface LegacyTransfer {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
  readonly jobId: string | undefined;
}

type Cause =
  | 'charge_without_receiver'
  | 'charge_refused_after_journaling'
  | 'dust_settlement_not_applied'
  | 'mint_not_journaled'
  | 'float_drift';

/** In minor units, all of it. */
interface Divergence {
  readonly account: string;
  /** As the original's balances have it. */
  readonly balance: string;
  /** As its journal comes to; null for an account that the journal does not name. */
  readonly journal: string | null;
  /** What of the difference each cause explains. */
  readonly causes: Readonly<Partial<Record<Cause, string>>>;
}

export interface Report {
  readonly divergences: readonly Divergence[];
  /** Jobs that were charged more than once, with how often. */
  readonly doubleCharged: Readonly<Record<string, number>>;
  readonly orphanCharges: number;
  readonly dustSettlements: number;
  readonly beyondDouble: readonly string[];
}

const str = (value: unknown): string =>
  value instanceof Lexeme ? value.text : typeof value === 'string' ? value : '';

/** @param data `ledger.json`, parsed exactly */
export const snapshotOf = (data: ExactObject): Snapshot => {
  const accounts = Object.entries((data['accounts'] ?? {}) as ExactObject);
  const transfers = (data['transfers'] ?? []) as readonly ExactObject[];
  return {
    accounts: new Map(
      accounts.map(([name, account]) => [name, str((account as ExactObject)['balance'])]),
    ),
    transfers: transfers.map((transfer) => ({
      from: str(transfer['from_account']),
      to: str(transfer['to_account']),
      amount: Number(str(transfer['amount'])),
      jobId: str(transfer['job_id']) || undefined,
    })),
  };
};

/** The original's own replay, in its floats: a charge without a receiver is credited to nobody. */
export const replayJournal = (events: readonly LegacyEvent[]): ReadonlyMap<string, number> => {
  const balances = new Map<string, number>();
  const add = (account: string, amount: number): void =>
    void balances.set(account, (balances.get(account) ?? 0) + amount);
  for (const { type, account, to, amount } of events) {
    const value = Number(amount);
    if (to !== undefined) {
      add(account, -value);
      add(to, value);
    } else if (type === 'credit' || type === 'adjust') add(account, value);
    else if (type === 'charge' || type === 'debit') add(account, -value);
  }
  return balances;
};

const keyOf = (from: string, amount: number, jobId: string | undefined): string =>
  JSON.stringify([from, amount, jobId ?? null]);

/** The snapshot's transfers, each to be found once. */
const indexOf = (transfers: readonly LegacyTransfer[]): Map<string, LegacyTransfer[]> =>
  Map.groupBy(transfers, ({ from, amount, jobId }) => keyOf(from, amount, jobId));

type Explained = Map<string, Map<Cause, bigint>>;

const explain = (explained: Explained, account: string, cause: Cause, amount: bigint): void => {
  const causes = explained.get(account) ?? new Map<Cause, bigint>();
  causes.set(cause, (causes.get(cause) ?? 0n) + amount);
  explained.set(account, causes);
};

/** What each event that is not in the snapshot as it is in the journal did to whom. */
const explainEvents = (events: readonly LegacyEvent[], { transfers }: Snapshot) => {
  const explained: Explained = new Map();
  const index = indexOf(transfers);
  const dust = new Set<string>();
  let orphans = 0;
  for (const { type, account, to, amount, jobId } of events) {
    if (type !== 'charge' && type !== 'transfer') continue;
    const applied = index.get(keyOf(account, Number(amount), jobId))?.shift();
    const units = scaled(amount, DIGITS);
    if (applied && to === undefined)
      explain(explained, applied.to, 'charge_without_receiver', units);
    if (applied) continue;
    if (to === undefined) {
      orphans += 1;
      explain(explained, account, 'charge_refused_after_journaling', units);
      continue;
    }
    dust.add(jobId ?? '');
    explain(explained, account, 'dust_settlement_not_applied', units);
    explain(explained, to, 'dust_settlement_not_applied', -units);
  }
  return { explained, orphans, dust: dust.size };
};

/** Floats that differ by less than this are the same balance. */
const DRIFT_MAX = 1e-6;

const isBeyondDouble = (text: string): boolean => Math.abs(Number(text)) > Number.MAX_SAFE_INTEGER;

const divergenceOf = (
  account: string,
  text: string,
  replayed: number | undefined,
  explained: ReadonlyMap<Cause, bigint>,
): Divergence => {
  const units = scaled(text, DIGITS);
  const journal = replayed === undefined ? 0n : scaled(replayed.toFixed(12), DIGITS);
  const known = [...explained.values()].reduce((sum, amount) => sum + amount, 0n);
  const rest = units - journal - known;
  const causes: [Cause, bigint][] = [...explained].filter(([, amount]) => amount !== 0n);
  if (rest !== 0n)
    causes.push([replayed === undefined ? 'mint_not_journaled' : 'float_drift', rest]);
  return {
    account,
    balance: String(units),
    journal: replayed === undefined ? null : String(journal),
    causes: Object.fromEntries(causes.map(([cause, amount]) => [cause, String(amount)])),
  };
};

const doublesOf = (events: readonly LegacyEvent[]): Readonly<Record<string, number>> => {
  const charges = events.filter(({ type, jobId }) => type === 'charge' && jobId !== undefined);
  const byJob = Map.groupBy(charges, ({ jobId = '' }) => jobId);
  return Object.fromEntries(
    [...byJob].flatMap(([job, of]) => (of.length > 1 ? [[job, of.length]] : [])),
  );
};

export const reportOf = (events: readonly LegacyEvent[], snapshot: Snapshot): Report => {
  const replayed = replayJournal(events);
  const { explained, orphans, dust } = explainEvents(events, snapshot);
  const differing = [...snapshot.accounts].filter(
    ([account, text]) =>
      Math.abs(Number(text) - (replayed.get(account) ?? Number.NaN)) <= DRIFT_MAX === false,
  );
  return {
    divergences: differing.map(([account, text]) =>
      divergenceOf(account, text, replayed.get(account), explained.get(account) ?? new Map()),
    ),
    doubleCharged: doublesOf(events),
    orphanCharges: orphans,
    dustSettlements: dust,
    beyondDouble: [...snapshot.accounts].flatMap(([name, text]) =>
      isBeyondDouble(text) ? [name] : [],
    ),
  };
};
