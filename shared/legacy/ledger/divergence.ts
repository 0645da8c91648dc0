/** Where the balances and the journal of the original system differ, and why. */
import type { ExactObject } from './exact.ts';
import { Lexeme, scaled } from './exact.ts';
import type { LegacyEvent } from './journal.ts';

/** Decimal places of a credit: a minor unit is a ten-thousandth of a credit. */
export const DIGITS = 4;

/** The contents of the original system's ledger.json. */
export interface Snapshot {
  /** Balances by account, with their digits as the file spells them. */
  readonly accounts: ReadonlyMap<string, string>;
  readonly transfers: readonly LegacyTransfer[];
}

/** A transfer that the original system carried out. */
export interface LegacyTransfer {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Credits, with the digits as the file spells them. */
  readonly amount: string;
  readonly jobId: string | undefined;
  readonly note: string | undefined;
}

type Cause =
  | 'charge_without_receiver'
  | 'charge_refused_after_journaling'
  | 'dust_settlement_not_applied'
  | 'mint_not_journaled'
  | 'float_drift';

/** An account whose balance and journal differ. Amounts are minor units as text. */
interface Divergence {
  readonly account: string;
  /** The balance in ledger.json. */
  readonly balance: string;
  /** The sum of the journal; null for an account that the journal does not name. */
  readonly journal: string | null;
  /** How much of the difference each cause explains. */
  readonly causes: Readonly<Partial<Record<Cause, string>>>;
}

/** All differences between balances and journal. */
export interface Report {
  readonly divergences: readonly Divergence[];
  /** How often a job was charged, by job id, for jobs with more than one charge. */
  readonly doubleCharged: Readonly<Record<string, number>>;
  readonly orphanCharges: number;
  readonly dustSettlements: number;
  readonly beyondDouble: readonly string[];
}

const str = (value: unknown): string =>
  value instanceof Lexeme ? value.text : typeof value === 'string' ? value : '';

/** The accounts and transfers of a `ledger.json`. @param data the file, parsed by parseExact */
export const legacySnapshotOf = (data: ExactObject): Snapshot => {
  const accounts = Object.entries((data['accounts'] ?? {}) as ExactObject);
  const transfers = (data['transfers'] ?? []) as readonly ExactObject[];
  return {
    accounts: new Map(
      accounts.map(([name, account]) => [name, str((account as ExactObject)['balance'])]),
    ),
    transfers: transfers.map((transfer) => ({
      id: str(transfer['id']),
      from: str(transfer['from_account']),
      to: str(transfer['to_account']),
      amount: str(transfer['amount']),
      jobId: str(transfer['job_id']) || undefined,
      note: str(transfer['note']) || undefined,
    })),
  };
};

/**
 * Balances in credits, replayed as the original system did: in floats, and a charge without a
 * receiver is credited to nobody.
 */
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

/** The snapshot's transfers by their content, so that each can be found once. */
const indexOf = (transfers: readonly LegacyTransfer[]): Map<string, LegacyTransfer[]> =>
  Map.groupBy(transfers, ({ from, amount, jobId }) => keyOf(from, Number(amount), jobId));

type Explained = Map<string, Map<Cause, bigint>>;

const explain = (explained: Explained, account: string, cause: Cause, amount: bigint): void => {
  const causes = explained.get(account) ?? new Map<Cause, bigint>();
  causes.set(cause, (causes.get(cause) ?? 0n) + amount);
  explained.set(account, causes);
};

/** For each account, the causes and amounts of events that differ from the snapshot's transfers. */
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

/** Balances that differ by at most this, in credits, count as the same. */
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

/**
 * Compares the balances with the journal.
 * @throws RangeError for an amount that is no decimal number
 */
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
