/** Reading an account's past: statements, and balances at any time. */
import type { EntryStore, StatementEntry } from './ports.ts';
import type { AccountKey } from './types.ts';

/**
 * Newest first, over all lanes.
 * @param before ms since the epoch, not included: the time of the last line goes on a page further
 */
export const statement = async (
  key: AccountKey,
  lanes: number,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
  entries: Pick<EntryStore, 'entries'>,
): Promise<readonly StatementEntry[]> => {
  const options = { ...(before !== undefined && { before }), limit };
  const all = await Promise.all(
    Array.from({ length: lanes }, (_, lane) => entries.entries(key, lane, options)),
  );
  return all
    .flat()
    .sort((a, b) => b.at - a.at || b.lane - a.lane || b.seq - a.seq)
    .slice(0, limit);
};

/**
 * Entries are only ever archived from the oldest on, up to one that has a snapshot: that is then the
 * base of what comes after it. undefined: what would tell is archived.
 */
const laneBalanceAt = async (
  key: AccountKey,
  lane: number,
  at: number,
  store: Pick<EntryStore, 'entries' | 'oldest' | 'snapshot'>,
): Promise<bigint | undefined> => {
  const [last] = await store.entries(key, lane, { before: at + 1, limit: 1 });
  if (last) return last.balance;
  const oldest = await store.oldest(key, lane);
  if (oldest?.seq === 1) return 0n;
  const base = await store.snapshot(key, lane, oldest ? at + 1 : Number.MAX_SAFE_INTEGER);
  if (oldest) return base && base.seq + 1 === oldest.seq ? base.balance : undefined;
  if (!base) return 0n;
  return base.at <= at ? base.balance : undefined;
};

/**
 * What was posted up to and including `at` (ms since the epoch), in minor units: one query a lane
 * that has an entry before. undefined: what would tell is archived.
 */
export const balanceAt = async (
  key: AccountKey,
  lanes: number,
  at: number,
  store: Pick<EntryStore, 'entries' | 'oldest' | 'snapshot'>,
): Promise<bigint | undefined> => {
  const each = await Promise.all(
    Array.from({ length: lanes }, (_, lane) => laneBalanceAt(key, lane, at, store)),
  );
  const known = each.filter((balance) => balance !== undefined);
  if (known.length < each.length) return undefined;
  return known.reduce((sum, balance) => sum + balance, 0n);
};
