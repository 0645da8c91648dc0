/** The state of the ledger in memory, as far as it was read. The rules read and change a book. */
import {
  type Account,
  type AccountKey,
  EMPTY,
  type Hold,
  type Position,
  type Transfer,
} from './types.ts';

/** The key of an account in maps. */
export const nameOf = ({ unit, account }: AccountKey): string => `${unit}#${account}`;

/** The key of a balance in maps: an account in one lane. */
export const placeOf = (key: AccountKey, lane: number): string => `${nameOf(key)}#${lane}`;

/** A position with its account and lane, so that nobody has to parse a key of a map. */
export interface Placed {
  readonly key: AccountKey;
  readonly lane: number;
  readonly position: Position;
}

/** A map that may lie over a base map. Changes stay in the upper map until `keep`. */
class Layer<T> {
  readonly #base: Layer<T> | undefined;
  readonly #own = new Map<string, T>();

  constructor(base?: Layer<T>) {
    this.#base = base;
  }

  get(key: string): T | undefined {
    return this.#own.has(key) ? this.#own.get(key) : this.#base?.get(key);
  }

  set(key: string, value: T): void {
    this.#own.set(key, value);
  }

  keep(): void {
    for (const [key, value] of this.#own) this.#base?.set(key, value);
    this.#own.clear();
  }

  clear(): void {
    this.#own.clear();
  }

  values(): IterableIterator<T> {
    return this.#own.values();
  }
}

/**
 * Accounts, positions, holds and transfers. A book with a base is a trial: the trial reads what the
 * base knows, and changes the base only by `keep`.
 */
export class Book {
  private readonly accounts: Layer<Account>;
  private readonly places: Layer<Placed>;
  private readonly holds: Layer<Hold>;
  private readonly transfers: Layer<Transfer>;

  constructor(base?: Book) {
    this.accounts = new Layer(base?.accounts);
    this.places = new Layer(base?.places);
    this.holds = new Layer(base?.holds);
    this.transfers = new Layer(base?.transfers);
  }

  /** Writes the changes of a trial into its base. */
  keep(): void {
    for (const layer of [this.accounts, this.places, this.holds, this.transfers]) layer.keep();
  }

  account(key: AccountKey): Account | undefined {
    return this.accounts.get(nameOf(key));
  }

  setAccount(account: Account): void {
    this.accounts.set(nameOf(account), account);
  }

  /** Whether anything is known of the account in that lane. */
  knows(key: AccountKey, lane: number): boolean {
    return this.places.get(placeOf(key, lane)) !== undefined;
  }

  /** An unknown position reads as {@link EMPTY}. */
  position(key: AccountKey, lane: number): Position {
    return this.places.get(placeOf(key, lane))?.position ?? EMPTY;
  }

  setPosition(key: AccountKey, lane: number, position: Position): void {
    const { unit, account } = key;
    this.places.set(placeOf(key, lane), { key: { unit, account }, lane, position });
  }

  /** The positions of this book, without those of its base. */
  positions(): IterableIterator<Placed> {
    return this.places.values();
  }

  hold(id: string): Hold | undefined {
    return this.holds.get(id);
  }

  setHold(hold: Hold): void {
    this.holds.set(hold.id, hold);
  }

  transfer(id: string): Transfer | undefined {
    return this.transfers.get(id);
  }

  setTransfer(transfer: Transfer): void {
    this.transfers.set(transfer.id, transfer);
  }

  /** Empties this book, but not its base. */
  forget(): void {
    for (const layer of [this.accounts, this.places, this.holds, this.transfers]) layer.clear();
  }
}
