/** How a group of executed transfers changes each balance. Pure. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { BalanceChange } from '../ports.ts';
import type { Book } from './book.ts';
import type { Executed } from './execute.ts';
import { type AccountKey, availableOf } from './types.ts';

interface Touched {
  readonly key: AccountKey;
  readonly lane: number;
  readonly guarded: boolean;
  /** The change of the available amount so far, in minor units. */
  running: bigint;
  /** The lowest value that `running` had. */
  lowest: bigint;
  /** Each transfer of the account was promised, or the account pays the transfer from a hold. */
  promised: boolean;
}

/** What leaves the hold of the account; undefined for other accounts, and without a hold. */
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
 * The changes of a commit, one for each balance. Debits and credits are written as final values:
 * the fence of the lane lets no other commit between. The available amount is written as a
 * difference, because holds change it without the fence. It must cover the lowest point of the
 * group.
 */
export const changesOf = (
  before: Book,
  after: Book,
  done: readonly Executed[],
): readonly BalanceChange[] =>
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

/** How many items of the table a commit of these transfers writes. */
export const itemsWritten = (done: readonly Executed[]): number => {
  const names = new Set<string>();
  for (const { transfer, lane, legs, draw } of done) {
    names.add(`T ${transfer.id}`).add(`L ${lane}`).add(`B ${lane}`);
    if (draw) names.add(`T ${draw.id}`);
    for (const { account } of legs) names.add(`A ${lane} ${transfer.unit}#${account}`);
  }
  return names.size;
};

/** An upper bound of {@link itemsWritten} that needs no set of names. */
const boundOf = (done: readonly Executed[]): number =>
  done.reduce((sum, { legs, draw }) => sum + 1 + legs.length + (draw ? 1 : 0), 2);

const movesOf = (done: readonly Executed[]): number =>
  done.reduce((sum, { transfer }) => sum + transfer.moves.length, 0);

/** Whether a commit of these transfers fits into one transaction, and its block into one item. */
export const fits = (done: readonly Executed[]): boolean =>
  movesOf(done) <= LIMITS.ledgerMovesMax &&
  (boundOf(done) <= LIMITS.ledgerItemsMax || itemsWritten(done) <= LIMITS.ledgerItemsMax);
