import { afterEach, describe, expect, it, vi } from 'vitest';
import { watchStalls } from '#shared/hosts/http/stalls.ts';

describe('watchStalls', () => {
  const time = { wall: 1e12, monotonic: 1_000 };
  const pass = (ms: number, monotonicMs = ms): void => {
    time.wall += ms;
    time.monotonic += monotonicMs;
  };
  const start = () => {
    vi.spyOn(performance, 'now').mockImplementation(() => time.monotonic);
    const stalls = watchStalls({ now: () => time.wall });
    ends.push(stalls.stop);
    return stalls;
  };
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
    vi.restoreAllMocks();
  });

  it.each([
    ['nothing, of a short wait', [200], undefined],
    ['a blocked loop', [400], { kind: 'event_loop', ms: 350 }],
    ['a process that was stopped', [5_050], { kind: 'clock_jump', ms: 5_000 }],
    [
      'a frozen machine, whose own clock stood still',
      [9_000, 10],
      { kind: 'clock_jump', ms: 8_990 },
    ],
    ['a clock that was set back', [-3_000, 20], { kind: 'clock_jump', ms: 3_020 }],
  ] as const)('tells %s', (_, [ms, monotonicMs], expected) => {
    const stalls = start();
    const from = stalls.now();
    pass(ms, monotonicMs);
    expect(stalls.between(from, time.monotonic)).toEqual(expected);
  });

  it('blames a freeze for nothing that began after it, seen or not', () => {
    const stalls = start();
    pass(60_000);
    const from = stalls.now();
    pass(100);
    expect(stalls.between(from, stalls.now())).toBeUndefined();
  });

  it('remembers the worst that a span was held up by', () => {
    const stalls = start();
    const from = stalls.now();
    for (const ms of [500, 4_000, 600]) {
      pass(ms);
      stalls.now();
    }
    pass(20);
    expect(stalls.between(from, stalls.now())).toMatchObject({ ms: 3_950 });
    expect(stalls.between(stalls.now(), stalls.now())).toBeUndefined();
  });
});
