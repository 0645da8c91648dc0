/**
 * How the slots of a source or a host are shared out to items: pure. The items are filled in order:
 * a limit that grows makes none smaller, a limit that shrinks none larger. So workers that go by two
 * limits for a moment never hold more together than the larger one allows.
 */
import { hash32, mixed } from './hash.ts';
import { LIMITS } from './limits.ts';
import type { Random } from './ports.ts';

const SALT = 0x5107;

/** Over how many items the slots are spread. */
export const slotItemsOf = (limit: number): number =>
  Math.max(1, Math.ceil(limit / LIMITS.slotsPerItem));

/** @param item 0 for the first */
export const capacityOf = (limit: number, item: number): number =>
  Math.min(LIMITS.slotsPerItem, Math.max(0, limit - item * LIMITS.slotsPerItem));

/**
 * Which items a job asks for a slot: first its own, which is the same each time, so that a job that
 * has a slot there finds it again; then others by chance.
 */
export const itemsToAsk = (job: string, limit: number, random: Random): readonly number[] => {
  const items = slotItemsOf(limit);
  const own = Math.floor((mixed(hash32(job), SALT) * limit) / LIMITS.slotsPerItem);
  const asked = new Set([own]);
  while (asked.size < Math.min(items, LIMITS.slotItemsAsked)) {
    let next = Math.floor(random.next() * items);
    while (asked.has(next)) next = (next + 1) % items;
    asked.add(next);
  }
  return [...asked];
};
