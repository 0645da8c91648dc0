/** What a writer knows of its lanes, and how it reads what it does not know. */
import type { Head } from '../core/blocks.ts';
import { Book } from '../core/book.ts';
import type { AccountKey, Outcome, Transfer } from '../core/types.ts';
import { transferFault } from '../core/validate.ts';
import type { Found, LaneStore, WantedItems } from '../ports.ts';

/** A set of transfers, and the function that tells its outcomes. */
export interface Unit {
  readonly transfers: readonly Transfer[];
  /** ms since the epoch. */
  readonly deadline: number;
  /** What is known of the set may be wrong: the next try reads all that the set needs. */
  doubted: boolean;
  tell(outcomes: readonly Outcome[]): void;
}

/**
 * What a writer knows of its lanes, as of their heads. A commit on an old head fails at the fence.
 */
export interface Memory {
  readonly lanes: readonly number[];
  readonly heads: Map<number, Head>;
  book: Book;
}

/** A memory that knows nothing yet. */
export const newMemory = (lanes: readonly number[]): Memory => ({
  lanes,
  heads: new Map(),
  book: new Book(),
});

/** Forgets all: the next try reads again. */
export const forget = (memory: Memory): void => {
  memory.heads.clear();
  memory.book = new Book();
};

/**
 * The accounts of a transfer, payer first. Empty for a transfer that is wrong by itself: the table
 * might refuse its names.
 */
export const accountsOf = (transfer: Transfer): readonly AccountKey[] => {
  const { unit, moves } = transfer;
  if (transferFault(transfer)) return [];
  const names = [moves[0]?.from ?? '', ...moves.map(({ to }) => to)];
  return names.map((account) => ({ unit, account }));
};

const remember = (book: Book, found: Partial<Found>): void => {
  for (const account of found.accounts ?? []) book.setAccount(account);
  for (const { key, lane, position } of found.positions ?? [])
    book.setPosition(key, lane, position);
  for (const hold of found.holds ?? []) book.setHold(hold);
  for (const transfer of found.transfers ?? []) book.setTransfer(transfer);
};

/** Reads the heads that the memory does not know. */
export const loadHeads = async ({ lanes, heads }: Memory, store: LaneStore): Promise<void> => {
  const missing = lanes.filter((lane) => !heads.has(lane));
  for (const head of await Promise.all(missing.map((lane) => store.head(lane))))
    heads.set(head.lane, head);
};

/** Reads the accounts of the units that the memory does not know or that are in doubt. */
export const loadAccounts = async (
  { book }: Memory,
  units: readonly Unit[],
  store: LaneStore,
): Promise<void> => {
  const accounts = units.flatMap(({ transfers, doubted }) =>
    transfers.flatMap(accountsOf).filter((key) => doubted || !book.account(key)),
  );
  if (accounts.length > 0) remember(book, await store.load({ accounts }));
};

const wantedOf = (
  book: Book,
  { transfers, doubted }: Unit,
): Required<Omit<WantedItems, 'accounts'>> => {
  const positions = transfers.flatMap((transfer) => {
    const [payer] = accountsOf(transfer);
    const lane = transfer.lane ?? (payer && book.account(payer)?.lane);
    if (lane === undefined) return [];
    const keys = accountsOf(transfer).filter((key) => doubted || !book.knows(key, lane));
    return keys.map((key) => ({ key, lane }));
  });
  const sound = transfers.filter((transfer) => !transferFault(transfer));
  const records = sound.flatMap(({ id, hold }) => [
    ...(hold ? [hold.id] : []),
    ...(doubted ? [id] : []),
  ]);
  return { positions, records };
};

/**
 * Reads the positions and records that the units need. Positions are kept in the memory. Records
 * change without the fence of a lane: they are in the trial only, for one try.
 */
export const trialOf = async (
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
