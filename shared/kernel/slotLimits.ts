/** The bounds of slots and of the items that hold them; a part of LIMITS. */
import { assert } from './assert.ts';

export const SLOT_LIMITS = {
  /**
   * An item of a table is not split, and each write costs by the item's size: with so many slots of a
   * source an item is below 1 KB, with so many of a host below 2 KB.
   */
  slotsPerItem: 16,
  /** Items that one look for a free slot asks. */
  slotItemsAsked: 4,
  /** Before all workers know of several items: so many slots fit into one of 400 KB, with long names. */
  slotsInOneItemMax: 2_000,
  /** From the first need on workers that know of one item only may go on for so long, in ms. */
  slotsTogetherMs: 3_600_000,
  /** Then nothing is taken beyond the first item for so long: clocks differ, writes are on their way, in ms. */
  slotsSettleMs: 60_000,
} as const;

assert(
  SLOT_LIMITS.slotsTogetherMs > 2 * 900_000,
  'a deployment in two steps and the longest invocation of what it replaces are over by then',
);
