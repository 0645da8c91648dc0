/**
 * What has to be paid so that an imported ledger stands where the original's stands now: its new
 * transfers, and a correction for each account whose balance the transfers do not explain.
 */
import { DIGITS, type LegacyTransfer } from './divergence.ts';
import { scaled } from './exact.ts';

/** Minor units by account. */
export type Balances = ReadonlyMap<string, bigint>;

/** A transfer of the original, in minor units. */
interface LegacyMove extends Omit<LegacyTransfer, 'amount'> {
  readonly amount: bigint;
}

/**
 * Payments in their order: what accounts get before, the transfers, what accounts give back after.
 * The same two states and transfers always make the same batch.
 */
export interface Batch {
  /** Accounts that are new. */
  readonly opens: readonly string[];
  readonly gets: Balances;
  readonly moves: readonly LegacyMove[];
  readonly gives: Balances;
}

const add = (sums: Map<string, bigint>, account: string, amount: bigint): bigint => {
  const sum = (sums.get(account) ?? 0n) + amount;
  sums.set(account, sum);
  return sum;
};

const positive = (amount: bigint): bigint => (amount > 0n ? amount : 0n);

/** How much an account would owe at its lowest point if it had only `before`. */
const shortages = (before: Balances, moves: readonly LegacyMove[]): Balances => {
  const balances = new Map(before);
  const lowest = new Map<string, bigint>();
  for (const { from, to, amount } of moves) {
    const left = add(balances, from, -amount);
    if (left < (lowest.get(from) ?? 0n)) lowest.set(from, left);
    add(balances, to, amount);
  }
  return new Map([...lowest].map(([account, low]) => [account, -low]));
};

/**
 * The payments from `before` to `after`. A balance below zero counts as zero: no account of the
 * mesh that came from the original may owe. Transfers of less than half a minor unit, and of an
 * account to itself, move nothing.
 *
 * @throws RangeError for an amount that is no decimal number
 */
export const batchOf = (
  before: Balances,
  after: Balances,
  transfers: readonly LegacyTransfer[],
): Batch => {
  const moves = transfers
    .map((transfer) => ({ ...transfer, amount: scaled(transfer.amount, DIGITS) }))
    .filter(({ from, to, amount }) => amount > 0n && from !== to);
  const began = new Map([...before].map(([account, units]) => [account, positive(units)]));
  const rest = new Map(began);
  for (const { from, to, amount } of moves) {
    add(rest, from, -amount);
    add(rest, to, amount);
  }
  const short = shortages(began, moves);
  const gets = new Map<string, bigint>();
  const gives = new Map<string, bigint>();
  const accounts = [...new Set([...after.keys(), ...rest.keys()])].sort();
  for (const account of accounts) {
    const missing = positive(after.get(account) ?? 0n) - (rest.get(account) ?? 0n);
    const ahead = [positive(missing), short.get(account) ?? 0n].reduce((a, b) => (a > b ? a : b));
    if (ahead > 0n) gets.set(account, ahead);
    if (ahead > missing) gives.set(account, ahead - missing);
  }
  return { opens: accounts.filter((account) => !before.has(account)), gets, moves, gives };
};
