import { describe, expect, it } from 'vitest';
import type { Live } from '#shared/hosts/probing/hostState.ts';
import type { ProbeResult } from '#shared/hosts/probing/probeOutcome.ts';

import { isStale, unknownHost, verdictOn } from '#shared/hosts/probing/verdict.ts';
import {
  BUSY,
  FAIL,
  fail,
  hostWith,
  INCONCLUSIVE,
  OK,
  once,
  probed,
  SLOW,
  twice,
} from '../support/probes.ts';

const UNKNOWN = unknownHost(hostWith());
const ok = once(OK);
const slow = once(SLOW);
const busy = once(BUSY);
const failed = once(FAIL);
const unsure = once(INCONCLUSIVE);
const online = probed(UNKNOWN, [ok]);
const offline = probed(online, [failed, failed, failed]);
const busyHost = probed(online, [busy]);
const degraded = probed(online, [slow, slow, slow]);
const stuck = probed(
  busyHost,
  Array.from({ length: 12 }, () => busy),
  hostWith(),
  120_000,
);

/** rule, host before, what its probes found, state probed, why. */
const TABLE: readonly (readonly [
  string,
  Live,
  readonly ProbeResult[],
  Live['state'],
  Live['reason'],
])[] = [
  ['0 nothing learned, unknown', UNKNOWN, [unsure, unsure], 'unknown', 'none'],
  ['0 nothing learned, online', online, [unsure, unsure, unsure, unsure], 'online', 'none'],
  ['0 nothing learned, offline', offline, [unsure, unsure], 'offline', 'timeout'],
  [
    '0 fails count on over what says nothing',
    online,
    [failed, unsure, failed, unsure, failed],
    'offline',
    'timeout',
  ],
  ['1 the first pass is enough', UNKNOWN, [ok], 'online', 'none'],
  ['1 the first answer is slow', UNKNOWN, [slow], 'online', 'none'],
  ['1 the first answer is busy', UNKNOWN, [busy], 'busy', 'none'],
  ['2 unknown, two fails: it says why', UNKNOWN, [failed, failed], 'unknown', 'timeout'],
  ['2 unknown, a fail and then a pass', UNKNOWN, [failed, ok], 'online', 'none'],
  ['2 unknown, three fails', UNKNOWN, [failed, failed, failed], 'offline', 'timeout'],
  ['2 online, two fails', online, [failed, failed], 'online', 'none'],
  ['2 online, three fails', online, [failed, failed, once(fail('refused'))], 'offline', 'refused'],
  ['2 one fail of two looks', online, [twice(FAIL)], 'online', 'none'],
  ['2 two fails, the second of two looks', online, [failed, twice(FAIL)], 'offline', 'timeout'],
  ['2 a pass between starts again', online, [failed, failed, ok, failed, failed], 'online', 'none'],
  ['2 busy, three fails', busyHost, [failed, failed, failed], 'offline', 'timeout'],
  ['2 degraded, three fails', degraded, [failed, failed, failed], 'offline', 'timeout'],
  ['3 offline, one pass', offline, [ok], 'offline', 'timeout'],
  ['3 offline, two passes', offline, [ok, ok], 'online', 'none'],
  ['3 offline, a fail between', offline, [ok, failed, ok], 'offline', 'timeout'],
  ['3 offline, the last answer is slow', offline, [ok, slow], 'degraded', 'slow'],
  ['3 offline, the last answer is busy', offline, [ok, busy], 'busy', 'none'],
  ['4 online says that it is busy', online, [busy], 'busy', 'none'],
  ['4 degraded says that it is busy', degraded, [busy], 'busy', 'none'],
  ['5 busy takes work again', busyHost, [ok], 'online', 'none'],
  [
    '5 busy takes work again, slowly as before',
    probed(degraded, [busy]),
    [slow],
    'degraded',
    'slow',
  ],
  ['6 busy for ten minutes', busyHost, Array.from({ length: 10 }, () => busy), 'busy', 'none'],
  ['6 busy for longer', busyHost, Array.from({ length: 11 }, () => busy), 'degraded', 'stuck_busy'],
  ['6 stuck, and busy still', stuck, [busy, busy], 'degraded', 'stuck_busy'],
  ['6 stuck, and takes work again', stuck, [ok], 'online', 'none'],
  ['7 two of five are slow', online, [slow, ok, slow, ok, ok], 'online', 'none'],
  ['7 three of five are slow', online, [slow, ok, slow, ok, slow], 'degraded', 'slow'],
  ['8 degraded, fast once', degraded, [ok], 'degraded', 'slow'],
  [
    '8 degraded, fast until it is calm',
    degraded,
    Array.from({ length: 6 }, () => ok),
    'online',
    'none',
  ],
];

it.each(TABLE)('rule %s', (_rule, before, results, state, reason) => {
  // Busy hosts are busy since minute 1: the probes go on from there.
  expect(probed(before, results, hostWith(), before.since * 1_000 + 60_000)).toMatchObject({
    state,
    reason,
  });
});

describe('a change', () => {
  it('of an outage began with the first fail, not with the last', () => {
    const host = hostWith();
    const live = probed(online, [failed, failed], host, 100_000);
    const { change } = verdictOn(live, failed, host, 220_000);
    expect(change).toEqual({
      host: 'h1',
      number: 0,
      seq: 2,
      from: 'online',
      to: 'offline',
      reason: 'timeout',
      since: 100_000,
      at: 220_000,
      muted: false,
    });
  });

  it('under maintenance is recorded, and told to nobody', () => {
    const overlay = { kind: 'maintenance', by: 'me', reason: 'disk' } as const;
    expect(verdictOn(online, busy, hostWith({ overlay }), 1).change).toMatchObject({
      silent: true,
    });
    const ended = hostWith({ overlay: { ...overlay, until: 60_000 } });
    expect(verdictOn(online, busy, ended, 59_999).change).toMatchObject({ silent: true });
    expect(verdictOn(online, busy, ended, 60_000).change).not.toHaveProperty('silent');
  });

  it('that an overlay kept quiet is told when that has ended, unless it is over as well', () => {
    const overlay = { kind: 'maintenance', by: 'me', reason: 'disk', until: 600_000 } as const;
    const host = hostWith({ overlay });
    const told = (...results: readonly (readonly [at: number, result: ProbeResult])[]) => {
      let live = online;
      return results.flatMap(([at, result]) => {
        const { change, live: next } = verdictOn(live, result, host, at);
        live = next;
        return change && !change.silent ? [{ ...change }] : [];
      });
    };
    const down = [
      [60_000, failed],
      [120_000, failed],
      [180_000, failed],
    ] as const;
    expect(told(...down, [599_000, failed])).toEqual([]);
    const late = { from: 'online', to: 'offline', reason: 'timeout', since: 60_000, at: 600_000 };
    expect(told(...down, [600_000, failed], [660_000, failed])).toMatchObject([late]);
    expect(told(...down, [240_000, ok], [300_000, ok], [600_000, ok])).toEqual([]);
    expect(told(...down, [590_000, ok], [600_000, ok], [660_000, ok])).toEqual([]);
    const busied = { from: 'offline', to: 'busy' };
    expect(told(...down, [590_000, ok], [600_000, busy], [660_000, ok])).toMatchObject([
      busied,
      { from: 'busy', to: 'online' },
    ]);
  });

  it('of a host that flaps is muted until it has been calm', () => {
    const host = hostWith();
    let live = online;
    const muted: (boolean | undefined)[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      const judged = verdictOn(live, turn % 2 === 0 ? busy : ok, host, turn * 60_000);
      muted.push(judged.change?.muted);
      live = judged.live;
    }
    expect(muted).toEqual([false, false, false, false, true, true, true, true]);
    live = probed(
      live,
      Array.from({ length: 20 }, () => ok),
    );
    expect(live.flapping).toBe(false);
    expect(verdictOn(live, busy, host, 0).change).toMatchObject({ muted: false });
  });
});

it('is stale after five probes in a row that say nothing, and not before', () => {
  const four = probed(online, [unsure, unsure, unsure, unsure]);
  expect(isStale(four)).toBe(false);
  expect(isStale(probed(four, [unsure]))).toBe(true);
  expect(isStale(probed(four, [unsure, ok]))).toBe(false);
});

it('smooths the latency as RFC 6298 does, and not by answers that say busy', () => {
  const at = (ms: number) => once({ kind: 'ok', ms, phases: {} });
  const first = probed(UNKNOWN, [at(80)]);
  expect(first).toMatchObject({ srttMs: 80, rttvarMs: 40 });
  expect(probed(first, [at(160)])).toMatchObject({ srttMs: 90, rttvarMs: 50 });
  expect(probed(first, [busy])).toMatchObject({ srttMs: 80, rttvarMs: 40 });
});

describe('uptime', () => {
  it('counts both looks of a probe: a host that fails every second request is up half of the time', () => {
    const day = Array.from({ length: 60 }, () => twice(OK));
    expect(probed(online, day)).toMatchObject({
      state: 'online',
      hourProbes: 121,
      hourPasses: 61,
    });
    expect(probed(online, [twice(FAIL)])).toMatchObject({ hourProbes: 3, hourPasses: 1 });
  });
});

it('keeps why the latest probe said nothing, until one says something', () => {
  expect(probed(UNKNOWN, [unsure])).toMatchObject({ inconclusiveReason: 'event_loop' });
  expect(probed(UNKNOWN, [unsure, ok])).not.toHaveProperty('inconclusiveReason');
});
