import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginOf,
  type Counts,
  countsSince,
  type Measured,
  measuredOf,
  type Rollup,
  type Rollups,
  stripOf,
  uptimeOf,
  WINDOWS,
} from '#shared/hosts/rollups.ts';

const HOST = 7;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TODAY = 20_000 * DAY_MS;

const counts = fc
  .tuple(fc.nat(720), fc.nat(720))
  .map(([a, b]): Counts => ({ probes: Math.max(a, b), passes: Math.min(a, b) }));

const sum = (all: readonly Counts[]): Counts => ({
  probes: all.reduce((total, { probes }) => total + probes, 0),
  passes: all.reduce((total, { passes }) => total + passes, 0),
});

/** Every hour of the last days up to the one under way; which days are summed up; which hours are kept. */
const world = fc
  .record({
    daysBack: fc.integer({ min: 2, max: 6 }),
    hour: fc.integer({ min: 0, max: 23 }),
    minutes: fc.integer({ min: 0, max: 59 }),
    seed: fc.array(counts, { minLength: 24 * 7, maxLength: 24 * 7 }),
    late: fc.boolean(),
    written: fc.boolean(),
    others: counts,
  })
  .map(({ daysBack, hour, minutes, seed, late, written, others }) => {
    const now = TODAY + hour * HOUR_MS + minutes * 60_000;
    const first = TODAY - daysBack * DAY_MS;
    const all = seed
      .map((of, n) => ({ at: first + n * HOUR_MS, of }))
      .filter(({ at }) => at <= now);
    const rollup = (at: number, of: Counts): Rollup => ({
      at,
      counts: new Map([
        [HOST, of],
        [8, others],
      ]),
    });
    const begun = TODAY + hour * HOUR_MS;
    const hours = all
      // Whether the hour that has just ended or is under way is written already is a matter of luck.
      .filter(({ at }) => at < begun || written)
      .map(({ at, of }) => rollup(at, of));
    const days = Array.from({ length: daysBack }, (_, n) => first + n * DAY_MS)
      .filter((at) => !late || at < TODAY - DAY_MS)
      .map((at) =>
        rollup(
          at,
          sum(all.filter((each) => each.at >= at && each.at < at + DAY_MS).map((e) => e.of)),
        ),
      );
    const current = { at: now, ...(all.at(-1)?.of ?? { probes: 0, passes: 0 }) };
    return { now, all, measured: { days, hours, current } satisfies Measured };
  });

describe('the uptime of a host', () => {
  it('counts each hour once, however far the summing up has come', () => {
    fc.assert(
      fc.property(world, ({ now, all, measured }) => {
        for (const window of ['30 days', '365 days'] as const)
          expect(countsSince(HOST, measured, beginOf(window, now))).toEqual(
            sum(all.map(({ of }) => of)),
          );
      }),
    );
  });

  it('of a day is that of the last 24 hours', () => {
    fc.assert(
      fc.property(world, ({ now, all, measured }) => {
        const last = all.filter(({ at }) => at > now - DAY_MS);
        expect(uptimeOf(HOST, measured, now).day).toEqual(sum(last.map(({ of }) => of)));
      }),
    );
  });

  it('is never more than there was, and nothing for a host that was not probed', () => {
    fc.assert(
      fc.property(world, ({ now, measured }) => {
        const uptime = uptimeOf(HOST, measured, now);
        for (const window of WINDOWS)
          expect(uptime[window].passes).toBeLessThanOrEqual(uptime[window].probes);
        const { current: _current, ...others } = measured;
        expect(uptimeOf(99, others, now).day).toEqual({ probes: 0, passes: 0 });
      }),
    );
  });

  it('is the same as a strip: by hours for the last day, by days for all', () => {
    fc.assert(
      fc.property(world, ({ now, all, measured }) => {
        const hours = stripOf(HOST, measured, 'hour', beginOf('day', now), now);
        expect(hours.map(({ at }) => at)).toEqual(
          Array.from({ length: 24 }, (_, n) => beginOf('day', now) + n * HOUR_MS),
        );
        expect(sum(hours)).toEqual(uptimeOf(HOST, measured, now).day);
        const days = stripOf(HOST, measured, 'day', now - 9 * DAY_MS, now);
        expect(days).toHaveLength(10);
        expect(sum(days)).toEqual(sum(all.map(({ of }) => of)));
      }),
    );
  });

  it('asks for what its windows need', async () => {
    const asked: unknown[] = [];
    const note =
      (kind: string): Rollups['days'] =>
      (...range) => {
        asked.push([kind, ...range]);
        return Promise.resolve([]);
      };
    const now = TODAY + 5 * HOUR_MS;
    await measuredOf('60-0', { days: note('days'), hours: note('hours') }, now);
    expect(asked).toEqual([
      ['days', '60-0', TODAY - 364 * DAY_MS, TODAY],
      ['hours', '60-0', TODAY - DAY_MS, now],
    ]);
  });
});
