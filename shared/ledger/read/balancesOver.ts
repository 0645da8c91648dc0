/**
 * The balances of an account at many times, for a picture of them. The number of reads follows from
 * the number of times, not from the number of entries.
 */
import type { AccountKey } from '../core/types.ts';
import type { StatementEntry } from '../ports.ts';
import {
  baseOfLane,
  laneNumbers,
  newestFirst,
  type PastDeps,
  unwrittenEntries,
} from './statement.ts';

type Balances = (bigint | undefined)[];

/** The newest entry of a lane up to a time. */
const entryUpTo = async (
  key: AccountKey,
  lane: number,
  at: number,
  tail: readonly StatementEntry[],
  { entries }: PastDeps,
): Promise<StatementEntry | undefined> => {
  const written = await entries.entries(key, lane, { before: { at: at + 1 }, limit: 1 });
  const [last] = [...written, ...tail.filter((entry) => entry.at <= at)].sort(newestFirst);
  return last;
};

const laneBalances = async (
  key: AccountKey,
  lane: number,
  times: readonly number[],
  deps: PastDeps,
): Promise<Balances> => {
  const found: Balances = times.map(() => undefined);
  const tail = await unwrittenEntries(key, lane, deps);
  let left = times.length;
  const fill = (from: number, balance: bigint): void => {
    while (left > 0 && (times[left - 1] ?? from) >= from) {
      left -= 1;
      found[left] = balance;
    }
  };
  while (left > 0) {
    const at = times[left - 1] ?? 0;
    const last = await entryUpTo(key, lane, at, tail, deps);
    if (!last) {
      const base = await baseOfLane(key, lane, at, deps);
      if (base) fill(base.from, base.balance);
      break;
    }
    // An entry tells the balance of each time until the next entry.
    fill(last.at, last.balance);
  }
  return found;
};

/**
 * The posted balance at the end of each time, in minor units; undefined: the entries that tell the
 * balance are archived. The balance of the last moments may still change.
 *
 * @param times ms since the epoch, the earliest first
 * @throws NotWrittenOutError LEDGER_NOT_WRITTEN_OUT when the entries of a lane are more than
 * `ledgerReadOnBlocksMax` blocks behind the journal
 */
export const balancesOver = async (
  key: AccountKey,
  times: readonly number[],
  deps: PastDeps,
): Promise<readonly (bigint | undefined)[]> => {
  const lanes = await Promise.all(
    laneNumbers(deps.lanes).map((lane) => laneBalances(key, lane, times, deps)),
  );
  return times.map((_, n) =>
    lanes.reduce<bigint | undefined>((sum, lane) => {
      const one = lane[n];
      return sum === undefined || one === undefined ? undefined : sum + one;
    }, 0n),
  );
};
