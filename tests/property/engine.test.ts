import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STATUSES, TERMINAL } from '#shared/contracts/jobs.ts';
import { SOURCE_CONCURRENCY_MAX } from '#shared/contracts/worker.ts';
import { createGate } from '#shared/control/gate.ts';
import { limits } from '#shared/control/limits.ts';
import { decide, INITIAL, SYSTEM_STATES, type SystemState } from '#shared/control/state.ts';
import { callbackDelaySeconds } from '#shared/jobs/callbacks/deliver.ts';
import {
  pointedAt,
  referencesIn,
  resolveReferences,
} from '#shared/jobs/envelope/resultReferences.ts';
import { verdictOf } from '#shared/jobs/flow/dependencies.ts';
import { mergePatch } from '#shared/jobs/operator/redrive.ts';
import { type ClaimRequest, classifyRefusal } from '#shared/jobs/record/claimOutcome.ts';
import type { JobRecord, Status } from '#shared/jobs/record/record.ts';
import { advanceMs, startsOf } from '#shared/jobs/worker/waits/gcra.ts';
import { secondsUntil, whereToWait } from '#shared/jobs/worker/waits/park.ts';
import type { Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

describe('GCRA with reservation', () => {
  const rates = fc.record({
    perMinute: fc.integer({ min: 1, max: 10_000 }),
    burst: fc.integer({ min: 1, max: 50 }),
  });
  const asks = fc.array(
    fc.record({
      waitMs: fc.integer({ min: 0, max: 20_000 }),
      count: fc.integer({ min: 1, max: 10 }),
    }),
    { minLength: 1, maxLength: 40 },
  );

  /** Every start that a history of asks was given. */
  const startsFor = (
    rate: { perMinute: number; burst: number },
    history: typeof asks extends fc.Arbitrary<infer T> ? T : never,
  ) => {
    let now = 0;
    let tat = 0;
    return history.flatMap(({ waitMs, count }) => {
      now += waitMs;
      const base = Math.max(now, tat);
      tat = base + advanceMs(rate, count);
      return startsOf(rate, base, now, count).map((at) => ({ at, asked: now }));
    });
  };

  it('never starts more in a stretch of time than rate and burst allow', () => {
    fc.assert(
      fc.property(rates, asks, (rate, history) => {
        const times = startsFor(rate, history)
          .map(({ at }) => at)
          .sort((a, b) => a - b);
        const spacing = 60_000 / rate.perMinute;
        for (let i = 0; i < times.length; i += 1)
          for (let j = i; j < times.length; j += 1) {
            const stretch = (times[j] ?? 0) - (times[i] ?? 0);
            // Whole milliseconds: each start may be up to one early against the exact grid.
            expect(j - i + 1).toBeLessThanOrEqual(rate.burst + (stretch + 1) / spacing + 1);
          }
      }),
    );
  });

  it('gives starts in the order they were asked for, never in the past', () => {
    fc.assert(
      fc.property(rates, asks, (rate, history) => {
        const starts = startsFor(rate, history);
        for (const { at, asked } of starts) expect(at).toBeGreaterThanOrEqual(asked);
        const times = starts.map(({ at }) => at);
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }),
    );
  });

  it('lets a source that was idle long enough burst', () => {
    fc.assert(
      fc.property(rates, (rate) => {
        const now = 1_000_000;
        expect(startsOf(rate, now, now, rate.burst).every((at) => at === now)).toBe(true);
      }),
    );
  });
});

describe('waiting in the queue', () => {
  it('never asks for more than a message can wait', () => {
    const times = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(times, times, (dueAt, now) => {
        const seconds = secondsUntil(dueAt, now);
        expect(seconds).toBeGreaterThanOrEqual(0);
        expect(seconds).toBeLessThanOrEqual(LIMITS.queueWaitSecondsMax);
        if (
          whereToWait(dueAt, now, { sentAt: now, receives: 1 }, 604_800, false) === 'queue' &&
          dueAt > now
        )
          expect(now + seconds * 1_000).toBeGreaterThanOrEqual(dueAt);
      }),
    );
  });

  it('of a callback grows to an hour and is jittered by half', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (tries, at) => {
        const seconds = callbackDelaySeconds(tries, { next: () => at });
        expect(seconds).toBeGreaterThanOrEqual(LIMITS.callbackBaseSeconds / 2);
        expect(seconds).toBeLessThanOrEqual(LIMITS.callbackCapSeconds);
      }),
    );
  });
});

const STATES: readonly (Status | undefined)[] = [undefined, ...STATUSES];

const isEnd = (status: Status | undefined) =>
  status !== undefined && (TERMINAL as readonly Status[]).includes(status);

describe('the release of a dependant', () => {
  it.each(STATES.map((status) => [status]))('after %s is what it asked for', (status) => {
    expect(verdictOf(status, 'run')).toBe(isEnd(status) ? 'go' : 'wait');
    const strict = status === 'COMPLETED' ? 'go' : 'fail';
    expect(verdictOf(status, 'fail')).toBe(isEnd(status) ? strict : 'wait');
  });
});

describe('a refused claim', () => {
  const records = fc.record({
    id: fc.constant('a'),
    status: fc.constantFrom(...STATUSES),
    attempt: fc.nat(6),
    contentHash: fc.constantFrom('same', 'other'),
    leaseId: fc.constantFrom('ours', 'theirs'),
    leaseUntil: fc.nat(200_000),
    dueAt: fc.nat(200_000),
    updatedAt: fc.nat(100_000),
    expiresAt: fc.option(fc.nat(200), { nil: undefined }),
    pending: fc.option(fc.constant(new Set([0])), { nil: undefined }),
    history: fc.array(
      fc.record({
        event: fc.constantFrom('claimed', 'retried'),
        beside: fc.option(fc.nat(3), { nil: undefined }),
      }),
      { maxLength: 3 },
    ),
  });
  const request = { id: 'a', contentHash: 'same', leaseId: 'ours', now: 100_000, attemptsMax: 5 };

  it('is explained whatever the row, and never ends a job that may still run', () => {
    fc.assert(
      fc.property(records, (row) => {
        const record = row as unknown as JobRecord;
        const outcome = classifyRefusal(record, request as ClaimRequest, 2_000);
        const ended = ['finished', 'expired'].includes(outcome.kind);
        if (ended) expect(TERMINAL).toContain(record.status);
        if (outcome.kind === 'exhausted') expect(record.attempt).toBeGreaterThanOrEqual(5);
        if (outcome.kind === 'claimed') expect(record.leaseId).toBe('ours');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('references', () => {
  const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

  it('leave a payload without any as it is', () => {
    fc.assert(
      fc.property(json, (payload) => {
        fc.pre(referencesIn(payload).length === 0);
        expect(resolveReferences(payload, new Map())).toEqual({ ok: true, value: payload });
      }),
    );
  });

  it('become the value they point at, wherever they stand', () => {
    fc.assert(
      fc.property(json, json, (before, value) => {
        fc.pre(referencesIn(before).length === 0);
        const payload = { before, list: [{ $result: 'a', path: '/deep~1er/1' }] };
        const resolved = resolveReferences(payload, new Map([['a', { 'deep/er': [0, value] }]]));
        expect(resolved).toEqual({ ok: true, value: { before, list: [value] } });
      }),
    );
  });

  it('that cannot be resolved are an error, never a literal', () => {
    const payload = { x: { $result: 'a', path: '/no' }, y: { $result: 'b' } };
    const resolved = resolveReferences(payload, new Map([['a', { yes: 1 }]]));
    expect(resolved).toEqual({
      ok: false,
      error: 'no result of a at /no, b to put into the payload',
    });
  });

  it('point by RFC 6901', () => {
    const document = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'm~n': 8 };
    const expected: readonly [string, unknown][] = [
      ['', document],
      ['/foo', ['bar', 'baz']],
      ['/foo/0', 'bar'],
      ['/', 0],
      ['/a~1b', 1],
      ['/m~0n', 8],
      ['/foo/01', undefined],
      ['/foo/-', undefined],
      ['/constructor', undefined],
      ['foo', undefined],
    ];
    for (const [pointer, value] of expected) expect(pointedAt(document, pointer)).toEqual(value);
  });
});

describe('a merge patch', () => {
  it.each<[Json, Json, Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('makes of %j by %j what RFC 7396 says', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });
});

describe('the system state', () => {
  const commands = fc.array(fc.constantFrom(...SYSTEM_STATES), { maxLength: 30 });
  const allowed: Readonly<Record<SystemState, string>> = {
    PAUSED: 'RECOVERY OPERATIONAL',
    OPERATIONAL: 'DEGRADED REFLECTIVE RECOVERY PAUSED',
    DEGRADED: 'OPERATIONAL REFLECTIVE RECOVERY PAUSED',
    REFLECTIVE: 'OPERATIONAL DEGRADED RECOVERY PAUSED',
    RECOVERY: 'OPERATIONAL DEGRADED PAUSED',
  };

  it('goes only where its policy lets it, an event a change', () => {
    fc.assert(
      fc.property(commands, (wishes) => {
        let control = INITIAL;
        let events = 0;
        for (const to of wishes) {
          const decided = decide(control, { kind: 'state', to }, 'ops', 'why', 7);
          const same = control.state === to;
          expect(decided.ok).toBe(same || allowed[control.state].split(' ').includes(to));
          if (!decided.ok) continue;
          expect(decided.value.event === undefined).toBe(same);
          events += same ? 0 : 1;
          control = decided.value.next;
        }
        expect(control.version).toBe(events);
      }),
    );
  });

  it('wants a reason', () => {
    const decided = decide(INITIAL, { kind: 'state', to: 'PAUSED' }, 'ops', ' ', 7);
    expect(decided).toMatchObject({ ok: false, error: { code: 'REASON_MISSING' } });
  });

  it.each([
    { kind: 'source', name: 'a\nb', paused: true },
    { kind: 'limits', source: '\ud83d', limits: { concurrency: 1 } },
  ] as const)('never names what no job can have: %j', (command) => {
    const decided = decide(INITIAL, command, 'ops', 'why', 7);
    expect(decided).toMatchObject({ ok: false, error: { code: 'NAME_INVALID' } });
  });

  it('lets no source have more slots than items can hold', () => {
    const of = (concurrency: number) =>
      decide(INITIAL, { kind: 'limits', source: 's', limits: { concurrency } }, 'ops', 'why', 7);
    expect(of(SOURCE_CONCURRENCY_MAX).ok).toBe(true);
    expect(of(SOURCE_CONCURRENCY_MAX + 1)).toMatchObject({ error: { code: 'LIMIT_TOO_HIGH' } });
    expect(limits(JSON.stringify({ concurrency: SOURCE_CONCURRENCY_MAX + 1 }))).toHaveProperty(
      'fault',
    );
  });

  it('holds a source with the name of an inherited property to the default limits', async () => {
    const defaults = { perMinute: 60 };
    const store = { get: () => Promise.resolve(INITIAL) };
    const clock = { now: () => 0 };
    const gate = createGate({ store, clock, logger: console, freshMs: 0, defaults });
    expect(await gate.check('normal', 'constructor')).toMatchObject({
      kind: 'open',
      limits: defaults,
    });
  });
});
