/**
 * What the journal does not tell: held amounts, the index of holds, whether an account is closed. To
 * compare these takes several reads, and a write between two of them appears as a difference. So a
 * difference is looked at again, and counts only when it stays.
 */
import { chunksOf } from '#shared/kernel/batches.ts';
import { placeOf } from '../core/book.ts';
import type { AccountKey, Hold } from '../core/types.ts';
import type { StoredBalance } from '../ports.ts';
import { balanceName } from './itemNames.ts';
import type { Problem } from './replay.ts';
import { checkClosed, type Seen } from './verifyAccounts.ts';
import { bad, isSame } from './verifyBlock.ts';
import type { Scanned } from './verifyItems.ts';
import type { VerifyDeps } from './verifyMarks.ts';

const LOOKS_MAX = 12;
/** So many looks in a row must find the same: an index may be some seconds behind. */
const SAME_LOOKS = 5;
const PAUSE_MS = 1_000;
const READ_TOGETHER = 100;

/** What looks found that may not agree. At most one of the fields is there. */
export interface Settled {
  readonly problem?: Problem;
  /** A difference that was not the same at each look: somebody writes, and nothing is known. */
  readonly unsure?: Problem;
}

interface Difference extends Problem {
  /** What was compared changed during the look. */
  readonly moves?: boolean;
}

interface Place {
  readonly key: AccountKey;
  readonly lane: number;
  /** Ids of the holds that the scan has found open. */
  readonly ids: readonly string[];
}

/** The open holds of a lane as the index has them: by place, and their ids. */
interface Indexed {
  readonly byPlace: ReadonlyMap<string, readonly Hold[]>;
  readonly ids: ReadonlySet<string>;
}

/** Reads the index of a lane once in a look. */
type IndexOf = (lane: number) => Promise<Indexed>;

/** Looks at all of a kind that are in doubt, by their names. What is not in the answer is right. */
type Look<T> = (
  doubted: ReadonlyMap<string, T>,
  indexOf: IndexOf,
) => Promise<ReadonlyMap<string, Difference>>;

const byPlace = (holds: readonly Hold[]): ReadonlyMap<string, readonly Hold[]> =>
  Map.groupBy(holds, ({ unit, from, lane }) => placeOf({ unit, account: from }, lane));

const leftIn = (holds: readonly Hold[]): bigint => holds.reduce((sum, { left }) => sum + left, 0n);

const indexedIn = ({ reader }: VerifyDeps): IndexOf => {
  const read = new Map<number, Promise<Indexed>>();
  const readLane = async (lane: number): Promise<Indexed> => {
    const holds: Hold[] = [];
    for await (const page of reader.pendingHolds(lane)) holds.push(...page);
    return { byPlace: byPlace(holds), ids: new Set(holds.map(({ id }) => id)) };
  };
  return (lane) => {
    const found = read.get(lane) ?? readLane(lane);
    read.set(lane, found);
    return found;
  };
};

const holdsOf = async (
  ids: readonly string[],
  { reader }: VerifyDeps,
): Promise<readonly Hold[]> => {
  const found: Hold[] = [];
  for (const some of chunksOf(ids, READ_TOGETHER))
    for (const record of await reader.records(some)) if ('hold' in record) found.push(record.hold);
  return found.filter(({ state }) => state === 'pending');
};

const checkHeld = async (
  { key, lane, ids }: Place,
  before: StoredBalance | undefined,
  indexOf: IndexOf,
  deps: VerifyDeps,
): Promise<Difference | undefined> => {
  const indexed = (await indexOf(lane)).byPlace.get(placeOf(key, lane)) ?? [];
  const holds = await holdsOf([...new Set([...ids, ...indexed.map(({ id }) => id)])], deps);
  const after = await deps.reader.balance(key, lane);
  const pending = new Map(holds.map((hold) => [hold.id, hold.left]));
  const held = after?.position.held ?? 0n;
  const promised = leftIn(holds);
  // One hold may make room for another one of the same amount.
  const moves =
    before?.position.held !== after?.position.held ||
    indexed.some(({ id, left }) => pending.get(id) !== left);
  if (held === promised && !moves) return undefined;
  const what = `${held} are held, its open holds have ${promised}`;
  return { ...bad(balanceName({ key, lane }), what, held - promised), moves };
};

/** Reads balances, then their holds, then the balances again. */
const lookAtHeld =
  (deps: VerifyDeps): Look<Place> =>
  async (doubted, indexOf) => {
    const before = new Map<string, StoredBalance | undefined>();
    for (const [place, { key, lane }] of doubted)
      before.set(place, await deps.reader.balance(key, lane));
    const found = new Map<string, Difference>();
    for (const [place, one] of doubted) {
      const difference = await checkHeld(one, before.get(place), indexOf, deps);
      if (difference) found.set(place, difference);
    }
    return found;
  };

const seenNow = async (key: AccountKey, { reader, lanes }: VerifyDeps): Promise<Seen> => {
  const balances = new Map<number, StoredBalance>();
  for (let lane = 0; lane < lanes; lane += 1) {
    const balance = await reader.balance(key, lane);
    if (balance) balances.set(lane, balance);
  }
  const account = await reader.account(key);
  return { key, balances, ...(account && { account }) };
};

const lookAtClosed =
  (deps: VerifyDeps): Look<Seen> =>
  async (doubted) => {
    const found = new Map<string, Difference>();
    for (const [name, { key }] of doubted) {
      const problem = checkClosed(await seenNow(key, deps), deps.lanes);
      if (problem) found.set(name, problem);
    }
    return found;
  };

/** Reads holds that the scan and the index have differently. */
const lookAtIndexed =
  (deps: VerifyDeps): Look<Hold> =>
  async (doubted, indexOf) => {
    const pending = new Set((await holdsOf([...doubted.keys()], deps)).map(({ id }) => id));
    const found = new Map<string, Difference>();
    for (const [id, { lane }] of doubted) {
      const isIndexed = (await indexOf(lane)).ids.has(id);
      if (isIndexed === pending.has(id)) continue;
      const what = isIndexed ? 'is indexed as pending, and is not' : 'is pending and not indexed';
      found.set(id, bad(`hold ${id}`, what));
    }
    return found;
  };

interface Stay {
  readonly found: Difference;
  readonly looks: number;
}

const staying = (found: Difference, before: Stay | undefined): Stay => {
  if (found.moves) return { found, looks: 0 };
  return { found, looks: before && isSame(before.found, found) ? before.looks + 1 : 1 };
};

/** Looks again until what was in doubt is right, or has stayed the same. */
const settle = async <T>(
  doubted: ReadonlyMap<string, T>,
  look: Look<T>,
  deps: VerifyDeps,
): Promise<Settled> => {
  let open = doubted;
  let stays: ReadonlyMap<string, Stay> = new Map();
  for (let looks = 0; open.size > 0 && looks < LOOKS_MAX; looks += 1) {
    if (looks > 0) await deps.wait(PAUSE_MS);
    const before = stays;
    const found = await look(open, indexedIn(deps));
    stays = new Map([...found].map(([name, one]) => [name, staying(one, before.get(name))]));
    open = new Map([...open].filter(([name]) => found.has(name)));
    const same = [...stays.values()].find((stay) => stay.looks >= SAME_LOOKS);
    if (same) return { problem: same.found };
  }
  const [left] = stays.values();
  return left ? { unsure: bad(left.found.where, left.found.what) } : {};
};

const heldInDoubt = ({ lanes, pending }: Scanned): ReadonlyMap<string, Place> => {
  const held = byPlace(pending);
  const doubted = new Map<string, Place>();
  const doubt = (place: string, key: AccountKey, lane: number): void => {
    const ids = (held.get(place) ?? []).map(({ id }) => id);
    doubted.set(place, { key, lane, ids });
  };
  for (const { balances } of lanes)
    for (const [place, { key, lane, position }] of balances)
      if (position.held !== leftIn(held.get(place) ?? [])) doubt(place, key, lane);
  for (const [place, [hold]] of held)
    if (hold && !lanes[hold.lane]?.balances.has(place))
      doubt(place, { unit: hold.unit, account: hold.from }, hold.lane);
  return doubted;
};

const indexInDoubt = async (
  { pending }: Scanned,
  deps: VerifyDeps,
): Promise<ReadonlyMap<string, Hold>> => {
  const indexOf = indexedIn(deps);
  const scanned = new Map(pending.map((hold) => [hold.id, hold]));
  const doubted = new Map(scanned);
  for (let lane = 0; lane < deps.lanes; lane += 1)
    for (const hold of [...(await indexOf(lane)).byPlace.values()].flat())
      if (!doubted.delete(hold.id) && !scanned.has(hold.id)) doubted.set(hold.id, hold);
  return doubted;
};

/** Looks again at all that the scan found different, until it is gone or has stayed the same. */
export const settleDoubts = async (scanned: Scanned, deps: VerifyDeps): Promise<Settled> => {
  const closed = new Map([...scanned.accounts].filter(([, seen]) => checkClosed(seen, deps.lanes)));
  const kinds = [
    async () => settle(closed, lookAtClosed(deps), deps),
    async () => settle(heldInDoubt(scanned), lookAtHeld(deps), deps),
    async () => settle(await indexInDoubt(scanned, deps), lookAtIndexed(deps), deps),
  ];
  let settled: Settled = {};
  for (const settleKind of kinds) {
    const found = await settleKind();
    if (found.problem) return found;
    settled = { ...found, ...settled };
  }
  return settled;
};
