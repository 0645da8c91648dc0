/** Carries groups of transfers to their outcomes: tries them on what is known, commits, looks again. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Logger, Random } from '#shared/kernel/ports.ts';
import { type Head, seal } from './blocks.ts';
import { Book } from './book.ts';
import { changesOf, fits } from './commit.ts';
import { answer } from './compare.ts';
import { type Executed, executeLinked } from './execute.ts';
import type { Found, LaneStore, Wanted } from './ports.ts';
import type { AccountKey, Outcome, Transfer } from './types.ts';

export interface GroupDeps {
  readonly store: LaneStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly wait: (ms: number) => Promise<void>;
}

/** A set of transfers with whoever waits for its outcome. */
export interface Unit {
  readonly transfers: readonly Transfer[];
  /** ms since the epoch. */
  readonly deadline: number;
  /** It was refused before: whether it is refused again is found on what is read now. */
  doubted: boolean;
  tell(outcomes: readonly Outcome[]): void;
}

/** What a writer knows of its lanes, as of their heads; the fence finds out when it is not so. */
export interface Memory {
  readonly lanes: readonly number[];
  readonly heads: Map<number, Head>;
  book: Book;
}

export const newMemory = (lanes: readonly number[]): Memory => ({
  lanes,
  heads: new Map(),
  book: new Book(),
});

const forget = (memory: Memory): void => {
  memory.heads.clear();
  memory.book = new Book();
};

export const keysOf = ({ unit, moves }: Transfer): readonly AccountKey[] => [
  { unit, account: moves[0]?.from ?? '' },
  ...moves.map(({ to }) => ({ unit, account: to })),
];

const remember = (book: Book, found: Partial<Found>): void => {
  for (const account of found.accounts ?? []) book.setAccount(account);
  for (const { key, lane, position } of found.positions ?? [])
    book.setPosition(key, lane, position);
  for (const hold of found.holds ?? []) book.setHold(hold);
  for (const transfer of found.transfers ?? []) book.setTransfer(transfer);
};

const loadHeads = async ({ lanes, heads }: Memory, store: LaneStore): Promise<void> => {
  const missing = lanes.filter((lane) => !heads.has(lane));
  for (const head of await Promise.all(missing.map((lane) => store.head(lane))))
    heads.set(head.lane, head);
};

const loadAccounts = async (
  { book }: Memory,
  units: readonly Unit[],
  store: LaneStore,
): Promise<void> => {
  const accounts = units.flatMap(({ transfers, doubted }) =>
    transfers.flatMap(keysOf).filter((key) => doubted || !book.account(key)),
  );
  if (accounts.length > 0) remember(book, await store.load({ accounts }));
};

const wantedOf = (book: Book, { transfers, doubted }: Unit): Required<Omit<Wanted, 'accounts'>> => {
  const positions = transfers.flatMap((transfer) => {
    const [payer] = keysOf(transfer);
    const lane = transfer.lane ?? (payer && book.account(payer)?.lane);
    if (lane === undefined) return [];
    const keys = keysOf(transfer).filter((key) => doubted || !book.knows(key, lane));
    return keys.map((key) => ({ key, lane }));
  });
  const records = transfers.flatMap(({ id, hold }) => [
    ...(hold ? [hold.id] : []),
    ...(doubted ? [id] : []),
  ]);
  return { positions, records };
};

/** A trial on what the units need; records change beside the lanes, and are good for one try. */
const trialOf = async (
  { book }: Memory,
  units: readonly Unit[],
  store: LaneStore,
): Promise<Book> => {
  const wanted = units.map((unit) => wantedOf(book, unit));
  const positions = wanted.flatMap((each) => each.positions);
  const records = wanted.flatMap((each) => each.records);
  const trial = new Book(book);
  if (positions.length + records.length === 0) return trial;
  const found = await store.load({ positions, records });
  remember(book, { positions: found.positions });
  remember(trial, { transfers: found.transfers, holds: found.holds });
  return trial;
};

interface Tried {
  readonly trial: Book;
  readonly done: readonly Executed[];
  readonly accepted: readonly Unit[];
  readonly refused: ReadonlyMap<Unit, readonly Outcome[]>;
  /** Did not fit into one transaction. */
  readonly left: readonly Unit[];
}

const tryOut = (trial: Book, units: readonly Unit[], now: number): Tried => {
  const accepted: Unit[] = [];
  const refused = new Map<Unit, readonly Outcome[]>();
  let done: readonly Executed[] = [];
  for (const [index, unit] of units.entries()) {
    const result = executeLinked(trial, unit.transfers, now);
    if (!result.book) {
      refused.set(unit, result.outcomes);
      continue;
    }
    const more = [...done, ...result.done];
    if (accepted.length > 0 && !fits(more))
      return { trial, done, accepted, refused, left: units.slice(index) };
    result.book.keep();
    done = more;
    accepted.push(unit);
  }
  return { trial, done, accepted, refused, left: [] };
};

const doubt = (units: Iterable<Unit>): void => {
  for (const unit of units) unit.doubted = true;
};

/** false: not carried out, and what stood in the way will be looked at. */
const commit = async (memory: Memory, tried: Tried, deps: GroupDeps): Promise<boolean> => {
  const { done, trial, accepted } = tried;
  const now = deps.clock.now();
  const heads = [...memory.heads.values()].filter((head) =>
    done.some(({ lane }) => lane === head.lane),
  );
  const ahead = heads.find(({ at }) => at > now + LIMITS.ledgerSkewMs);
  if (ahead) {
    deps.logger.error('the lane is ahead of this clock: nothing is written', { ...ahead, now });
    return false;
  }
  const blocks = heads.map((head) =>
    seal(
      head,
      done.filter(({ lane }) => lane === head.lane),
      now,
    ),
  );
  const changes = changesOf(memory.book, trial, done);
  const result = await deps.store.commit({ heads, blocks, done, changes, now });
  if (result.kind === 'done') {
    for (const { key, lane, after } of changes) memory.book.setPosition(key, lane, after);
    for (const block of blocks) memory.heads.set(block.lane, block);
    return true;
  }
  if (result.kind === 'busy') return false;
  const taken = new Set(result.taken);
  doubt(
    result.moved
      ? accepted
      : accepted.filter(({ transfers }) => transfers.some(({ id }) => taken.has(id))),
  );
  if (result.moved) forget(memory);
  return false;
};

/** One try; answers with the units that have no outcome yet. */
const settleOnce = async (
  memory: Memory,
  units: readonly Unit[],
  deps: GroupDeps,
): Promise<readonly Unit[]> => {
  await loadHeads(memory, deps.store);
  await loadAccounts(memory, units, deps.store);
  const trial = await trialOf(memory, units, deps.store);
  const tried = tryOut(trial, units, deps.clock.now());
  const { refused, accepted, done, left } = tried;
  // A refusal counts only when it was found on what had just been read.
  const fresh = [...refused.keys()].filter(({ doubted }) => !doubted);
  doubt(fresh);
  if (fresh.length > 0) return units;
  if (done.length > 0 && !(await commit(memory, tried, deps))) return units;
  for (const [unit, outcomes] of refused) unit.tell(outcomes);
  for (const unit of accepted) unit.tell(unit.transfers.map(({ id }) => answer(id, 'created')));
  return left;
};

const tellLate = (units: readonly Unit[], now: number): readonly Unit[] =>
  units.filter((unit) => {
    const late = now >= unit.deadline;
    const text = 'the deadline passed; asking again with the same id is safe';
    if (late) unit.tell(unit.transfers.map(({ id }) => answer(id, 'unknown', text)));
    return !late;
  });

const BACKOFF_MS = { min: 5, max: 500 };

/** Resolves when each unit has been told its outcome; a unit whose deadline passes is told so. */
export const settle = async (
  memory: Memory,
  units: readonly Unit[],
  deps: GroupDeps,
): Promise<void> => {
  let open = units;
  for (let tries = 0; open.length > 0; tries += 1) {
    const before = open.length;
    try {
      open = await settleOnce(memory, open, deps);
    } catch (error) {
      deps.logger.warn('a ledger commit failed', { lanes: memory.lanes, error });
      // It may have landed: what is there decides.
      forget(memory);
      doubt(open);
    }
    const backoff = Math.min(BACKOFF_MS.max, BACKOFF_MS.min * 2 ** Math.min(tries, 10));
    if (open.length === before && tries > 0) await deps.wait(deps.random.next() * backoff);
    open = tellLate(open, deps.clock.now());
  }
};
