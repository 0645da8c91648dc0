import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RECEIVES_MAX } from '#shared/contracts/queues.ts';
import { whereToWait } from '#shared/jobs/worker/park.ts';
import {
  faultSeconds,
  hostWaitMs,
  leastSeconds,
  pausedSeconds,
  slotWaitMs,
  turnSeconds,
} from '#shared/jobs/worker/waitTimes.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

const DAY = 86_400;
/** The longest that SQS keeps any message. */
const RETENTION_MAX = 14 * DAY;
const early = { next: () => 0 };
const late = { next: () => 0.999_999 };
const receives = fc.integer({ min: 1, max: 5_000 });

const WAITS: Readonly<Record<string, (receives: number) => number>> = {
  'a slot of its source': (n) => slotWaitMs(n, early) / 1_000,
  'a slot of a host': (n) => hostWaitMs(n, true, early) / 1_000,
  'a host': (n) => hostWaitMs(n, false, early) / 1_000,
  'the end of a pause': pausedSeconds,
  'its turn': turnSeconds,
  'the table': faultSeconds,
};

/** How long a message is on its way until it was received so often. */
const untilReceives = (count: number, wait: (receives: number) => number): number =>
  Array.from({ length: count - 1 }, (_, index) => wait(index + 1)).reduce((a, b) => a + b, 0);

describe('a message that comes back', () => {
  it('is not received too often before its retention ends, even if nothing can take it over', () => {
    // Whoever is behind it is received with it, so never more often.
    expect(untilReceives(RECEIVES_MAX, leastSeconds)).toBeGreaterThan(RETENTION_MAX);
    fc.assert(fc.property(receives, (n) => leastSeconds(n + 1) >= leastSeconds(n)));
    expect(leastSeconds(LIMITS.receivesPrompt)).toBe(0);
  });

  it('is taken over by the table long before', () => {
    expect(LIMITS.receivesKept).toBeLessThanOrEqual(RECEIVES_MAX / 2);
    const sent = { sentAt: 0, receives: LIMITS.receivesKept - 1 };
    expect(whereToWait(1_000, 0, sent, RETENTION_MAX, false)).toBe('queue');
    const worn = { ...sent, receives: LIMITS.receivesKept };
    expect(whereToWait(1_000, 0, worn, RETENTION_MAX, false)).toBe('place');
    expect(whereToWait(0, 0, worn, RETENTION_MAX, false)).toBe('place');
    const old = 6 * DAY * 1_000 + 22 * 3_600_000;
    expect(whereToWait(old + 7_200_000, old, sent, 7 * DAY, false)).toBe('place');
    expect(whereToWait(50_000_000, 0, worn, RETENTION_MAX, false)).toBe('away');
  });

  it('waits in the table when the wait is long and no other job is in its group', () => {
    const sent = { sentAt: 0, receives: 1 };
    const most = LIMITS.aloneWaitSecondsMax * 1_000;
    const where = (dueAt: number, alone: boolean) =>
      whereToWait(dueAt, 0, sent, RETENTION_MAX, alone);
    expect([where(most, true), where(most + 1, true)]).toEqual(['queue', 'away']);
    expect([where(most + 1, false), where(40_000_000, false)]).toEqual(['queue', 'queue']);
    // No default retry is so long, and no look at a pause.
    expect(LIMITS.retryCapSecondsDefault).toBeLessThanOrEqual(LIMITS.aloneWaitSecondsMax);
    expect(LIMITS.pauseWaitSecondsMax).toBeLessThanOrEqual(LIMITS.aloneWaitSecondsMax);
  });

  it.each(Object.entries(WAITS))(
    'for %s waits longer each time, by a twentieth once it was patient',
    (what, wait) => {
      fc.assert(fc.property(receives, (n) => wait(n + 1) >= wait(n)));
      // Quick at first; then no look is later than a twentieth of what it has waited, and some.
      expect(untilReceives(6, wait)).toBeLessThan(200);
      if (what === 'the end of a pause') return;
      fc.assert(
        fc.property(fc.integer({ min: 12, max: 400 }), (n) => wait(n + 1) <= wait(n) * 1.05 + 1),
      );
    },
  );

  it('for a slot comes apart from others that wait for it', () => {
    expect(slotWaitMs(1, late)).toBeCloseTo(2 * slotWaitMs(1, early), 0);
    expect(slotWaitMs(1_000, late)).toBeLessThanOrEqual(2 * LIMITS.slotWaitMsMax);
  });

  it('for a host can come as often as its job may be put off, and outlasts any deadline', () => {
    const looks = Array.from({ length: LIMITS.snoozesMax }, (_, n) => hostWaitMs(n, false, early));
    expect(looks.reduce((a, b) => a + b, 0)).toBeGreaterThan(LIMITS.horizonSecondsMax * 1_000);
  });
});
