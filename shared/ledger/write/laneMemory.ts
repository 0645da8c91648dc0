/** What a writer knows of its lanes, and reads when it does not. */
import type { Head } from '../core/blocks.ts';
import { Book } from '../core/book.ts';
import type { AccountKey, Outcome, Transfer } from '../core/types.ts';
import { transferFault } from '../core/validate.ts';
import type { Found, LaneStore, Wanted } from '../ports.ts';

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

export const forget = (memory: Memory): void => {
  memory.heads.clear();
  memory.book = new Book();
};

/** Payer first. None for what is refused unread: its names may be none that the table takes. */
export const keysOf = (transfer: Transfer): readonly AccountKey[] => {
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

export const loadHeads = async ({ lanes, heads }: Memory, store: LaneStore): Promise<void> => {
  const missing = lanes.filter((lane) => !heads.has(lane));
  for (const head of await Promise.all(missing.map((lane) => store.head(lane))))
    heads.set(head.lane, head);
};

export const loadAccounts = async (
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
  const sound = transfers.filter((transfer) => !transferFault(transfer));
  const records = sound.flatMap(({ id, hold }) => [
    ...(hold ? [hold.id] : []),
    ...(doubted ? [id] : []),
  ]);
  return { positions, records };
};

/** A trial on what the units need; records change beside the lanes, and are good for one try. */
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
