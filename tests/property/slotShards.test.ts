import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '#shared/kernel/limits.ts';
import { capacityOf, itemsToAsk, slotItemsOf } from '#shared/kernel/slotShards.ts';
import { seeded } from '../support/seeded.ts';

const limit = fc.integer({ min: 1, max: 10_000 });
const capacities = (of: number, items: number) =>
  Array.from({ length: items }, (_, item) => capacityOf(of, item));
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe('slots that are shared out to items', () => {
  it('are as many as the limit, a few in each', () => {
    fc.assert(
      fc.property(limit, (of) => {
        const each = capacities(of, slotItemsOf(of));
        expect(sum(each)).toBe(of);
        expect(Math.min(...each)).toBeGreaterThan(0);
        expect(Math.max(...each)).toBeLessThanOrEqual(LIMITS.slotsPerItem);
      }),
    );
  });

  it('are no more than the larger of two limits that workers go by at once', () => {
    fc.assert(
      fc.property(limit, limit, (one, other) => {
        const items = slotItemsOf(Math.max(one, other));
        const of = capacities(other, items);
        const held = capacities(one, items).map((capacity, n) => Math.max(capacity, of[n] ?? 0));
        expect(sum(held)).toBe(Math.max(one, other));
      }),
    );
  });

  it('are asked for in few items, first in the one that is the job’s own', () => {
    fc.assert(
      fc.property(limit, fc.string(), fc.integer(), (of, job, seed) => {
        const asked = itemsToAsk(job, of, { next: seeded(seed) });
        expect(new Set(asked).size).toBe(Math.min(slotItemsOf(of), LIMITS.slotItemsAsked));
        for (const item of asked) expect(capacityOf(of, item)).toBeGreaterThan(0);
        expect(itemsToAsk(job, of, { next: seeded(seed + 1) })[0]).toBe(asked[0]);
      }),
    );
  });
});
