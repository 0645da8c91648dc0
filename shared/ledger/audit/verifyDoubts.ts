/**
 * What the journal does not tell: held amounts, the index of holds, whether an account is closed. To
 * compare these takes several reads, and a write between two of them appears as a difference. So a
 * difference is looked at again, and counts only when it stays.
 */
import { doubled } from '#shared/kernel/backoff.ts';
import { placeOf } from '../core/book.ts';
import type { Hold } from '../core/types.ts';
import type { LedgerReader, StoredBalance } from '../ports.ts';
import { balanceName } from './itemNames.ts';
import type { Problem } from './replay.ts';
import { checkClosed, type Seen } from './verifyAccounts.ts';
import { bad } from './verifyBlock.ts';
import type { Scanned } from './verifyItems.ts';
import type { VerifyDeps } from './verifyJournal.ts';

/** So many looks must find the same difference, some seconds in all: an index may be behind. */
const LOOKS_MAX = 12;
const PAUSE_MS = { min: 20, max: 1_000 } as const;

/** What two looks found that may not be the same. At most one of the fields is there. */
export interface Settled {
  readonly problem?: Problem;
  /** A difference that was another one at each look: somebody writes, and nothing is known. */
  readonly unsure?: Problem;
}

/** Open holds by lane, as the index has them. */
type Indexed = readonly (readonly Hold[])[];

type Look = (indexed: Indexed) => Promise<Problem | undefined>;

const MOVES = 'changes while it is looked at';

const checkHeld = (
  { key, lane, position }: StoredBalance,
  holds: readonly Hold[],
): Problem | undefined => {
  const promised = holds
    .filter(({ state }) => state === 'pending')
    .reduce((sum, { left }) => sum + left, 0n);
  return position.held === promised
    ? undefined
    : bad(balanceName({ key, lane }), `${position.held} are held, its open holds have ${promised}`);
};

const byPlace = (holds: readonly Hold[]): ReadonlyMap<string, readonly Hold[]> =>
  Map.groupBy(holds, ({ unit, from, lane }) => placeOf({ unit, account: from }, lane));

const holdsOf = async (
  ids: readonly string[],
  { records }: Pick<LedgerReader, 'records'>,
): Promise<readonly Hold[]> =>
  (await records(ids)).flatMap((record) => ('hold' in record ? record.hold : []));

/** Reads holds between two reads of their balance. */
const lookAtHeld =
  ({ key, lane }: StoredBalance, reader: LedgerReader): Look =>
  async (indexed) => {
    const ids = (byPlace(indexed[lane] ?? []).get(placeOf(key, lane)) ?? []).map(({ id }) => id);
    const before = await reader.balance(key, lane);
    const holds = await holdsOf(ids, reader);
    const after = await reader.balance(key, lane);
    if (!before || !after) return bad(balanceName({ key, lane }), 'is missing');
    return before.position.held === after.position.held
      ? checkHeld(after, holds)
      : bad(balanceName(after), MOVES);
  };

/** Reads a hold that the scan and the index have differently. */
const lookAtIndexed =
  ({ id, lane }: Hold, reader: LedgerReader): Look =>
  async (indexed) => {
    const isIndexed = indexed[lane]?.some((each) => each.id === id) ?? false;
    const [hold] = await holdsOf([id], reader);
    const isPending = hold?.state === 'pending';
    if (isIndexed === isPending) return undefined;
    return bad(`hold ${id}`, isPending ? 'is pending and not indexed' : 'is indexed as pending');
  };

const lookAtClosed =
  ({ key }: Seen, { reader, lanes }: VerifyDeps): Look =>
  async () => {
    const balances = new Map<number, StoredBalance>();
    for (let lane = 0; lane < lanes; lane += 1) {
      const balance = await reader.balance(key, lane);
      if (balance) balances.set(lane, balance);
    }
    const account = await reader.account(key);
    return checkClosed({ key, balances, ...(account && { account }) }, lanes);
  };

const indexOf = async ({ reader, lanes }: VerifyDeps): Promise<Indexed> => {
  const all: Hold[][] = [];
  for (let lane = 0; lane < lanes; lane += 1) {
    const found: Hold[] = [];
    for await (const holds of reader.pendingHolds(lane)) found.push(...holds);
    all.push(found);
  }
  return all;
};

/** All that the scan found different. What it compares was read at different times. */
const doubtsOf = (
  { accounts, balances, pending }: Scanned,
  indexed: Indexed,
  deps: VerifyDeps,
): readonly Look[] => {
  const held = byPlace(pending);
  const scanned = new Set(pending.map(({ id }) => id));
  const inIndex = new Set(indexed.flat().map(({ id }) => id));
  const odd = [
    ...pending.filter(({ id }) => !inIndex.has(id)),
    ...indexed.flat().filter(({ id }) => !scanned.has(id)),
  ];
  return [
    ...[...accounts.values()]
      .filter((seen) => checkClosed(seen, deps.lanes))
      .map((seen) => lookAtClosed(seen, deps)),
    ...balances.flatMap((ofLane) =>
      [...ofLane]
        .filter(([place, balance]) => checkHeld(balance, held.get(place) ?? []))
        .map(([, balance]) => lookAtHeld(balance, deps.reader)),
    ),
    ...odd.map((hold) => lookAtIndexed(hold, deps.reader)),
  ];
};

interface Doubt {
  readonly look: Look;
  found?: Problem;
  moves: boolean;
}

const lookAgain = async (doubt: Doubt, indexed: Indexed): Promise<boolean> => {
  const problem = await doubt.look(indexed);
  if (!problem) return false;
  doubt.moves ||= problem.what === MOVES || (doubt.found ?? problem).what !== problem.what;
  doubt.found = problem;
  return true;
};

/** Looks again at all that the scan found different, until it is gone or has stayed the same. */
export const settleDoubts = async (scanned: Scanned, deps: VerifyDeps): Promise<Settled> => {
  let indexed = await indexOf(deps);
  let open: readonly Doubt[] = doubtsOf(scanned, indexed, deps).map((look) => ({
    look,
    moves: false,
  }));
  for (let looks = 0; open.length > 0 && looks < LOOKS_MAX; looks += 1) {
    if (looks > 0) {
      await deps.wait(doubled(PAUSE_MS.min, looks, PAUSE_MS.max));
      indexed = await indexOf(deps);
    }
    const still: Doubt[] = [];
    for (const doubt of open) if (await lookAgain(doubt, indexed)) still.push(doubt);
    open = still;
  }
  const [problem] = open.flatMap(({ found, moves }) => (moves ? [] : (found ?? [])));
  if (problem) return { problem };
  const [unsure] = open.flatMap(({ found }) => found ?? []);
  return unsure ? { unsure } : {};
};
