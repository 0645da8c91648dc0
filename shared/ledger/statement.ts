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

/** What was posted up to and including `at` (ms since the epoch), in minor units: one query a lane. */
export const balanceAt = async (
  key: AccountKey,
  lanes: number,
  at: number,
  entries: Pick<EntryStore, 'entries'>,
): Promise<bigint> => {
  const last = await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      entries.entries(key, lane, { before: at + 1, limit: 1 }),
    ),
  );
  return last.flat().reduce((sum, { balance }) => sum + balance, 0n);
};
