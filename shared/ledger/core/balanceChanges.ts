/** What a group of executed transfers changes, account by account: pure. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Change } from '../ports.ts';
import type { Book } from './book.ts';
import type { Executed } from './execute.ts';
import { type AccountKey, availableOf } from './types.ts';

interface Touched {
  readonly key: AccountKey;
  readonly lane: number;
  readonly guarded: boolean;
  /** Change of what is available, and the lowest that it came to on the way. */
  running: bigint;
  lowest: bigint;
  /** All that it paid was promised before. */
  promised: boolean;
}

/** What the account had promised and pays now; undefined when it is not the payer, or had not. */
const unheldOf = ({ transfer, draw }: Executed, account: string): bigint | undefined =>
  draw && account === transfer.moves[0]?.from ? draw.drawn + draw.returned : undefined;

const touch = (done: readonly Executed[]): readonly Touched[] => {
  const all = new Map<string, Touched>();
  for (const executed of done) {
    const { transfer, lane, legs } = executed;
    for (const { account, change, guarded } of legs) {
      const key = { unit: transfer.unit, account };
      const name = `${lane} ${key.unit}#${account}`;
      const unheld = unheldOf(executed, account);
      const start = { key, lane, guarded, running: 0n, lowest: 0n, promised: true };
      const touched = all.get(name) ?? start;
      touched.running += change + (unheld ?? 0n);
      if (touched.running < touched.lowest) touched.lowest = touched.running;
      touched.promised &&= transfer.promised === true || unheld !== undefined;
      all.set(name, touched);
    }
  }
  return [...all.values()];
};

/**
 * Balances are written as they are afterwards, which the fence allows; what is available changes by
 * a difference, for holds change it beside the lanes, and must cover the group's lowest point.
 */
export const changesOf = (
  before: Book,
  after: Book,
  done: readonly Executed[],
): readonly Change[] =>
  touch(done).map(({ key, lane, guarded, lowest, promised }) => {
    const [was, is] = [before.position(key, lane), after.position(key, lane)];
    return {
      key,
      lane,
      after: is,
      available: availableOf(is) - availableOf(was),
      held: is.held - was.held,
      need: guarded ? -lowest : 0n,
      mayBeClosed: promised,
    };
  });

/** How many items a commit of these has. */
export const itemsOf = (done: readonly Executed[]): number => {
  const names = new Set<string>();
  for (const { transfer, lane, legs, draw } of done) {
    names.add(`T ${transfer.id}`).add(`L ${lane}`).add(`B ${lane}`);
    if (draw) names.add(`T ${draw.id}`);
    for (const { account } of legs) names.add(`A ${lane} ${transfer.unit}#${account}`);
  }
  return names.size;
};

/** No less than {@link itemsOf}, and at once. */
const boundOf = (done: readonly Executed[]): number =>
  done.reduce((sum, { legs, draw }) => sum + 1 + legs.length + (draw ? 1 : 0), 2);

const movesOf = (done: readonly Executed[]): number =>
  done.reduce((sum, { transfer }) => sum + transfer.moves.length, 0);

/** Whether a commit of these fits into one transaction, and its block into an item. */
export const fits = (done: readonly Executed[]): boolean =>
  movesOf(done) <= LIMITS.ledgerMovesMax &&
  (boundOf(done) <= LIMITS.ledgerItemsMax || itemsOf(done) <= LIMITS.ledgerItemsMax);
