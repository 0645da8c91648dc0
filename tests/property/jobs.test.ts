import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelaySeconds, retryPolicy } from '#shared/jobs/envelope/retryPolicy.ts';
import { parseHostileJson } from '#shared/jobs/envelope/safeJson.ts';
import { byMessageGroup, runGroups } from '#shared/jobs/worker/messageGroups.ts';
import { canonicalJson, type Json } from '#shared/kernel/json.ts';
import { mapPool } from '#shared/kernel/pool.ts';

describe('lanes', () => {
  it('start each item of a group in order, once, and none after one that returned', async () => {
    const item = fc.record({ group: fc.constantFrom('a', 'b', 'c'), returns: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 10 }), async (items) => {
        const numbered = items.map((each, index) => ({ ...each, index }));
        const started: number[] = [];
        const results = await runGroups(
          byMessageGroup(numbered, ({ group }) => group),
          async (each) => {
            started.push(each.index);
            await Promise.resolve();
            return each.returns;
          },
          (returned) => returned,
        );
        for (const group of ['a', 'b', 'c']) {
          const ofGroup = numbered.filter((each) => each.group === group);
          const stop = ofGroup.findIndex((each) => each.returns);
          const expected = stop < 0 ? ofGroup : ofGroup.slice(0, stop + 1);
          const seen = started.filter((index) => numbered[index]?.group === group);
          expect(seen).toEqual(expected.map(({ index }) => index));
        }
        expect(results).toHaveLength(items.length);
      }),
    );
  });
});

describe('retry delay', () => {
  it('is a whole number between 0 and the cap', () => {
    fc.assert(
      fc.property(
        fc.record({
          curve: fc.constantFrom('exponential', 'linear', 'fixed'),
          baseSeconds: fc.double({ min: 0, max: 43_200, noNaN: true }),
          factor: fc.double({ min: 1, max: 10, noNaN: true }),
          capSeconds: fc.integer({ min: 0, max: 43_200 }),
          jitter: fc.constantFrom('full', 'none'),
        }),
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (input, attempt, random) => {
          const delay = retryDelaySeconds(retryPolicy(input), attempt, { next: () => random });
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(input.capSeconds);
        },
      ),
    );
  });
});

describe('bodies', () => {
  it('come through unchanged when they are harmless JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('\\u0000') && !text.includes('__proto__'));
        const parsed = parseHostileJson(text);
        expect(parsed).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });
});

describe('canonical JSON', () => {
  it('is the same for the same value, and reads back as it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as Json);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });
});

describe('mapPool', () => {
  it('keeps the order and never exceeds its width', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat()), fc.integer({ min: 1, max: 8 }), async (items, width) => {
        let under = 0;
        let most = 0;
        const doubled = await mapPool(items, width, async (item) => {
          under += 1;
          most = Math.max(most, under);
          await Promise.resolve();
          under -= 1;
          return item * 2;
        });
        expect(doubled).toEqual(items.map((item) => item * 2));
        expect(most).toBeLessThanOrEqual(width);
      }),
    );
  });
});
