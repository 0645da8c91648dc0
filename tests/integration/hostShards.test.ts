import { describe, expect, inject, it } from 'vitest';
import { announce } from '#shared/hosts/events/announce.ts';
import { changeIdOf } from '#shared/hosts/events/changeId.ts';
import type { HostEvents, ProbeMessage, ShardState } from '#shared/hosts/ports.ts';
import { carryOut } from '#shared/hosts/probing/handleMessage.ts';
import type { HostState, StateChange } from '#shared/hosts/probing/hostState.ts';
import type { ShardReport } from '#shared/hosts/probing/probeRun.ts';
import { DAY_MS, uptimeOf } from '#shared/hosts/rollups.ts';
import { FAIL, INCONCLUSIVE, OK } from '../support/probes.ts';
import { type Shards, startShards } from '../support/shards.ts';

const SHARD = '60-0';
const MINUTE = 60_000;
const START = Date.parse('2026-03-01T10:00:00Z');

const turn = (n: number): ProbeMessage => ({
  kind: 'shard',
  shard: SHARD,
  at: START + n * MINUTE,
});
/** A second after its moment, unless it comes later. */
const run = (
  deps: Shards['deps'],
  message: ProbeMessage,
  lateMs = 1_000,
): Promise<ShardReport | undefined> =>
  carryOut(message, 50_000, { ...deps, clock: { now: () => message.at + lateMs } });

const shards = (count: number, more?: object) => startShards(inject('dynamoEndpoint'), count, more);
const stateOf = async ({ deps }: Shards, number = 0): Promise<HostState | undefined> =>
  (await deps.store.read(SHARD)).live.get(number)?.state;

describe('a minute', () => {
  it('hands out a turn for each time that a shard is due in it', async () => {
    const test = await shards(1, { probe: { intervalSeconds: 20, timeoutMs: 1_000 } });
    await run(test.deps, { kind: 'minute', at: START + 1_234 });
    expect(test.sent).toEqual(
      [0, 20, 40].map((delaySeconds) => ({
        message: { kind: 'shard', shard: '20-0', at: START + delaySeconds * 1_000 },
        delaySeconds,
      })),
    );
  });

  it('that comes when it is over hands out nothing', async () => {
    const test = await shards(1);
    await run(test.deps, { kind: 'minute', at: START }, 2 * MINUTE);
    expect(test.sent).toEqual([]);
  });
});

describe('a turn', () => {
  it('is carried out once, however often it is delivered', async () => {
    const test = await shards(3);
    expect(await run(test.deps, turn(0))).toMatchObject({
      kind: 'committed',
      changes: [{}, {}, {}],
    });
    expect(await run(test.deps, turn(0))).toMatchObject({ kind: 'duplicate', changes: [] });
    const both = await Promise.all([run(test.deps, turn(1)), run(test.deps, turn(1))]);
    expect(both.map((report) => report?.kind).sort()).toEqual(['committed', 'duplicate']);
    expect(await test.deps.store.read(SHARD)).toMatchObject({ version: 2 });
  });

  it('that comes after the next one finds that it is over', async () => {
    const test = await shards(1);
    await run(test.deps, turn(5));
    expect(await run(test.deps, turn(4))).toMatchObject({ kind: 'duplicate' });
  });

  it('of those that were held up and come at once is carried out once', async () => {
    const test = await shards(1);
    await run(test.deps, turn(0));
    test.find({ 'h-0': FAIL });
    const late = START + 4 * MINUTE + 1_000;
    const kinds = [];
    for (const n of [1, 2, 3, 4]) {
      const message = turn(n);
      kinds.push((await run(test.deps, message, late + n - message.at))?.kind);
    }
    expect(kinds).toEqual(['committed', 'duplicate', 'duplicate', 'duplicate']);
    expect(await stateOf(test)).toBe('online');
    expect(await run(test.deps, turn(5))).toMatchObject({ kind: 'committed' });
  });

  it('is not kept back by a prober whose clock was far ahead', async () => {
    const test = await shards(1);
    await run(test.deps, turn(0), 24 * 60 * MINUTE);
    expect(await run(test.deps, turn(1))).toMatchObject({ kind: 'committed' });
  });

  it('that is overtaken while it probes commits nothing, and holds nothing up', async () => {
    const test = await shards(1);
    await run(test.deps, turn(0));
    test.onProbe(async () => {
      test.onProbe(() => Promise.resolve());
      expect(await run(test.deps, turn(2))).toMatchObject({ kind: 'committed' });
      test.find({ 'h-0': FAIL });
    });
    expect(await run(test.deps, turn(1))).toMatchObject({ kind: 'overtaken', changes: [] });
    expect((await test.deps.store.read(SHARD)).live.get(0)).toMatchObject({ fails: 0, passes: 2 });
  });

  it('whose prober died between its probes and its commit is lost, and the next one counts on', async () => {
    const test = await shards(1);
    await run(test.deps, turn(0));
    test.find({ 'h-0': FAIL });
    const dying = { ...test.deps.store, commit: () => Promise.reject(new Error('killed')) };
    await expect(run({ ...test.deps, store: dying }, turn(1))).rejects.toThrow('killed');
    expect(await run(test.deps, turn(1))).toMatchObject({ kind: 'duplicate' });
    for (const n of [2, 3]) await run(test.deps, turn(n));
    expect(await stateOf(test)).toBe('online');
    const report = await run(test.deps, turn(4));
    expect(report?.changes).toMatchObject([{ from: 'online', to: 'offline' }]);
  });

  it('whose commit was carried out and not answered is not done again', async () => {
    const test = await shards(1);
    const { store } = test.deps;
    // As the SDK does it: the same request once more, after its answer was lost.
    const deaf = {
      ...store,
      commit: async (...args: Parameters<typeof store.commit>) => {
        const sender = { next: () => 'one-mark' };
        const again = { ...test.deps, ids: sender };
        const once = await test.storeWith(again.ids).commit(...args);
        expect(once).toBe(true);
        return test.storeWith(again.ids).commit(...args);
      },
    };
    expect(await run({ ...test.deps, store: deaf }, turn(0))).toMatchObject({ kind: 'committed' });
    expect(await store.read(SHARD)).toMatchObject({ version: 1 });
  });

  it('forgets a host that is gone, and begins anew with one that comes', async () => {
    const test = await shards(2);
    await run(test.deps, turn(0));
    const [first] = await test.deps.registry.ofShard(SHARD);
    const registry = { ...test.deps.registry, ofShard: async () => (first ? [first] : []) };
    await run({ ...test.deps, registry }, turn(1));
    expect([...(await test.deps.store.read(SHARD)).live.keys()]).toEqual([first?.number]);
  });
});

describe('a suspicion', () => {
  const suspect = (at: number): ProbeMessage => ({
    kind: 'suspect',
    shard: SHARD,
    host: 'h-0',
    at,
    detail: 'refused',
  });

  it('counts as a failed probe, and a second request at once ends a dead host', async () => {
    const test = await shards(2);
    await run(test.deps, turn(0));
    test.find({ 'h-0': FAIL });
    const report = await run(test.deps, suspect(START + 5_000));
    expect(report?.changes).toMatchObject([{ host: 'h-0', from: 'online', to: 'offline' }]);
    expect(await stateOf(test, 1)).toBe('online');
    expect(await run(test.deps, suspect(START + 6_000))).toMatchObject({ kind: 'duplicate' });
    expect(await run(test.deps, turn(1))).toMatchObject({ kind: 'committed', changes: [] });
  });

  it('does a host no harm that answers the second request', async () => {
    const test = await shards(1);
    await run(test.deps, turn(0));
    for (const at of [1_000, 2_000, 3_000]) await run(test.deps, suspect(START + at));
    expect((await test.deps.store.read(SHARD)).live.get(0)).toMatchObject({
      state: 'online',
      fails: 0,
    });
  });

  it('that is older than the latest turn says nothing new', async () => {
    const test = await shards(1);
    await run(test.deps, turn(1));
    test.find({ 'h-0': FAIL });
    expect(await run(test.deps, suspect(START))).toMatchObject({ kind: 'duplicate' });
    expect(await stateOf(test)).toBe('online');
  });

  it('and a turn at the same time count both', async () => {
    const test = await shards(1);
    await run(test.deps, turn(0));
    test.find({ 'h-0': FAIL });
    test.onProbe(async () => {
      test.onProbe(() => Promise.resolve());
      await run(test.deps, turn(1));
    });
    // The turn is newer than the suspicion: it knows better.
    expect(await run(test.deps, suspect(START + 1_000))).toMatchObject({ kind: 'duplicate' });
    expect((await test.deps.store.read(SHARD)).live.get(0)).toMatchObject({ fails: 1 });
  });
});

describe('when most of a shard fails at once', () => {
  const allFail = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`h-${n}`, FAIL]));
  const states = async ({ deps }: Shards): Promise<readonly string[]> => [
    ...new Set([...(await deps.store.read(SHARD)).live.values()].map(({ state }) => state)),
  ];

  it('the prober doubts itself for a while, and then believes it', async () => {
    const test = await shards(12);
    await run(test.deps, turn(0));
    test.find(allFail);
    for (const n of [1, 2, 3, 4, 5]) await run(test.deps, turn(n));
    expect(await states(test)).toEqual(['online']);
    await run(test.deps, turn(6));
    expect(await states(test)).toEqual(['offline']);
  });

  it('sentinels that answer prove the outage, those that do not prove the prober’s own', async () => {
    const test = await shards(12);
    await run(test.deps, turn(0));
    test.find(allFail);
    const blind = { ...test.deps, sentinels: () => Promise.resolve(false) };
    for (const n of [1, 2, 3, 4, 5, 6, 7]) await run(blind, turn(n));
    expect(await states(test)).toEqual(['online']);
    const seeing = { ...test.deps, sentinels: () => Promise.resolve(true) };
    for (const n of [8, 9, 10]) await run(seeing, turn(n));
    expect(await states(test)).toEqual(['offline']);
  });
});

describe('a change of state', () => {
  const bus = () => {
    const put: StateChange[] = [];
    const events: HostEvents = { put: async (changes) => void put.push(...changes) };
    return { put, events };
  };

  it('is told once and recorded once, however often it is delivered', async () => {
    const test = await shards(2);
    const { put, events } = bus();
    const report = await run(test.deps, turn(0));
    const commit = { shard: SHARD, changes: report?.changes ?? [] };
    for (const _ of [1, 2]) await announce(commit, { events, projection: test.projection });
    expect(put).toEqual(report?.changes);
    expect(new Set(put.map(changeIdOf)).size).toBe(2);
    expect(await test.projection.changes('h-0', 10)).toEqual([commit.changes[0]]);
  });

  it('is told again under its own name when its announcer died before it was recorded', async () => {
    const test = await shards(1);
    const { put, events } = bus();
    const report = await run(test.deps, turn(0));
    const commit = { shard: SHARD, changes: report?.changes ?? [] };
    const dying = { ...test.projection, record: () => Promise.reject(new Error('killed')) };
    await expect(announce(commit, { events, projection: dying })).rejects.toThrow('killed');
    await announce(commit, { events, projection: test.projection });
    expect(put).toEqual([commit.changes[0], commit.changes[0]]);
    expect(await test.projection.changes('h-0', 10)).toHaveLength(1);
  });

  it('that the bus refused is not recorded', async () => {
    const test = await shards(1);
    const report = await run(test.deps, turn(0));
    const commit = { shard: SHARD, changes: report?.changes ?? [] };
    const events: HostEvents = { put: () => Promise.reject(new Error('refused')) };
    const told = announce(commit, { events, projection: test.projection });
    await expect(told).rejects.toThrow('refused');
    expect(await test.projection.changes('h-0', 10)).toEqual([]);
  });

  it('never sets a newer row back, and rows are rebuilt from the state alone', async () => {
    const test = await shards(2);
    const { events } = bus();
    const first = await run(test.deps, turn(0));
    test.find({ 'h-0': FAIL });
    const later = [await run(test.deps, turn(1)), await run(test.deps, turn(2))];
    const last = await run(test.deps, turn(3));
    for (const report of [last, ...later, first])
      await announce(
        { shard: SHARD, changes: report?.changes ?? [] },
        { events, projection: test.projection },
      );
    const rows = await test.projection.rows(SHARD);
    const [{ seq = 0 } = {}, other] = first?.changes ?? [];
    expect(rows).toMatchObject([
      { host: 'h-0', state: 'offline', seq: seq + 1 },
      { host: 'h-1', state: 'online', seq: other?.seq },
    ]);
    await test.forgetRows(SHARD);
    const state = await test.deps.store.read(SHARD);
    await test.projection.rebuild(SHARD, state, test.deps.registry.ofShard);
    expect(await test.projection.rows(SHARD)).toEqual(
      rows.map(({ at: _at, ...row }) => ({ ...row, at: state.at })),
    );
  });
});

describe('uptime', () => {
  it('is counted by hour and by day, the open hour with it', async () => {
    const test = await shards(1);
    const day = Date.parse('2026-03-01T00:00:00Z');
    const at = (minutes: number): ProbeMessage => ({
      kind: 'shard',
      shard: SHARD,
      at: day + minutes * MINUTE,
    });
    await run(test.deps, at(0));
    await run(test.deps, at(1));
    test.find({ 'h-0': FAIL });
    await run(test.deps, at(59));
    test.find({ 'h-0': INCONCLUSIVE });
    await run(test.deps, at(61));
    test.find({ 'h-0': OK });
    await run(test.deps, at(24 * 60 + 30));
    await run(test.deps, at(25 * 60 + 30));
    const now = day + 25 * 60 * MINUTE + 31 * MINUTE;
    const state: ShardState = await test.deps.store.read(SHARD);
    const { hourProbes = 0, hourPasses = 0 } = state.live.get(0) ?? {};
    const current = { at: state.at, probes: hourProbes, passes: hourPasses };
    const { rollups } = test.deps;
    const [days, hours] = await Promise.all([
      rollups.days(SHARD, 0, now),
      rollups.hours(SHARD, 0, now),
    ]);
    expect(days).toMatchObject([{ at: day, counts: new Map([[0, { probes: 3, passes: 2 }]]) }]);
    const uptime = uptimeOf(0, { days, hours, current }, now);
    expect(uptime['30 days']).toEqual({ probes: 5, passes: 4 });
    expect(uptime.day).toEqual({ probes: 2, passes: 2 });
  });

  it('has the last day before nothing was probed for days', async () => {
    const test = await shards(1);
    const day = Date.parse('2026-03-01T00:00:00Z');
    for (const minutes of [0, 5 * 24 * 60])
      await run(test.deps, { kind: 'shard', shard: SHARD, at: day + minutes * MINUTE });
    const counts = new Map([[0, { probes: 1, passes: 1 }]]);
    expect(await test.deps.rollups.days(SHARD, 0, day + DAY_MS)).toEqual([{ at: day, counts }]);
  });

  it('is not set back by a run that comes to itself when the hour was written by another', async () => {
    const test = await shards(1);
    const hour = (version: number, probes: number) => ({
      at: START,
      version,
      counts: new Map([[0, { probes, passes: probes }]]),
    });
    for (const each of [hour(7, 60), hour(6, 59), hour(7, 60)])
      await test.deps.rollups.putHour(SHARD, each, START + DAY_MS);
    for (const read of [test.deps.rollups.hours, test.deps.rollups.days])
      expect((await read(SHARD, 0, START + DAY_MS))[0]?.counts.get(0)?.probes).toBe(60);
  });
});
