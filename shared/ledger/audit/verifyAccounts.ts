/** Compares the item of an account with its balances, and with what the journal shows. */
import { nameOf, placeOf } from '../core/book.ts';
import type { Account, AccountKey } from '../core/types.ts';
import type { StoredBalance } from '../ports.ts';
import { accountName, balanceName } from './itemNames.ts';
import type { Problem } from './replay.ts';
import { bad } from './verifyBlock.ts';
import type { Lane } from './verifyJournal.ts';

/** The items of one account that the scan has found; balances by lane. */
export interface Seen {
  readonly key: AccountKey;
  account?: Account;
  readonly balances: Map<number, StoredBalance>;
}

/**
 * What the item of an account says of being closed. Each lane decides by its own balance: so a
 * closed account is closed in the balance of every lane. Undefined when nothing is wrong.
 */
export const checkClosed = (
  { key, account, balances }: Seen,
  lanes: number,
): Problem | undefined => {
  const closed = [...balances.values()].filter((balance) => balance.closed);
  if (!account) return bad(accountName(key), 'has balances and was never opened');
  if (account.closed && closed.length < lanes) {
    const lane = Array.from({ length: lanes }, (_, at) => at).find(
      (at) => !balances.get(at)?.closed,
    );
    return bad(balanceName({ key, lane: lane ?? 0 }), 'is open, and its account closed');
  }
  if (account.closed || closed.length === 0) return undefined;
  const [one] = closed;
  return one && closed.length < lanes
    ? bad(balanceName(one), 'is closed, and its account open')
    : bad(accountName(key), 'is open, and closed in every lane');
};

/**
 * What the journal knows better of an account: its home, its guard, missing balances. Undefined
 * when nothing is wrong.
 */
export const checkAccount = (seen: Seen, lanes: readonly Lane[]): Problem | undefined => {
  const { key, account, balances } = seen;
  const where = accountName(key);
  for (const { replay, known } of lanes) {
    const { lane } = replay.head;
    if (known.has(placeOf(key, lane)) && !balances.has(lane))
      return bad(balanceName({ key, lane }), 'is missing');
  }
  if (!account) return undefined;
  const { lane: home, guarded } = account;
  const other = lanes.find(
    ({ homes, replay }) => homes.has(nameOf(key)) && replay.head.lane !== home,
  );
  if (other) return bad(where, `its home is lane ${home}, it pays in ${other.replay.head.lane}`);
  if (!lanes[home]) return bad(where, `its home is lane ${home} of ${lanes.length}`);
  const journaled = lanes.flatMap(({ replay }) => replay.book.account(key)?.guarded ?? []);
  return journaled.some((was) => was !== guarded)
    ? bad(where, `may ${guarded ? 'not ' : ''}owe, the journal has it otherwise`)
    : undefined;
};
