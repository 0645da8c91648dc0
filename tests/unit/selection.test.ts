import { describe, expect, it } from 'vitest';
import {
  type Candidate,
  candidateOf,
  NO_RECORD,
  recorded,
  scoreOf,
  selectHosts,
} from '#shared/dispatch/selectHost.ts';
import type { Live } from '#shared/hosts/probing/hostState.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { hash32 } from '#shared/kernel/hash.ts';
import { hostWith } from '../support/probes.ts';

const NOW = 1_800_000_000_000;

const host = (id: string, over: Partial<Host> = {}): Host =>
  hostWith({
    id,
    endpoint: `https://${id}.example`,
    concurrency: 2,
    shard: '5-0',
    capabilities: [{ kind: 'render', price: 10n }],
    probe: { ...hostWith().probe, degradedMs: 500, intervalSeconds: 5 },
    ...over,
  });

const candidate = (id: string, over: Partial<Candidate> = {}, of: Partial<Host> = {}) => ({
  host: host(id, of),
  state: 'online' as const,
  reliability: 1,
  latencyMs: 100,
  fullUntil: 0,
  hash: hash32(id),
  ramp: 1,
  ...over,
});

const wanted = { jobId: 'j1', kind: 'render', tags: [], unit: 'CRD', budget: 100n };
const price = (amount: bigint) => ({ capabilities: [{ kind: 'render', price: amount }] });
const idsOf = (candidates: readonly Candidate[], over: object = {}) =>
  selectHosts(candidates, { ...wanted, ...over }, NOW).choices.map(({ host: { id } }) => id);

const live = (over: Partial<Live> = {}): Live => ({
  number: 0,
  state: 'online',
  fails: 0,
  passes: 100,
  slow: 0,
  changes: 0,
  inconclusive: 0,
  srttMs: 20,
  rttvarMs: 1,
  since: NOW / 1_000 - 3_600,
  failedSince: 0,
  seq: 3,
  reason: 'none',
  certDays: -32_768,
  flapping: false,
  hourProbes: 100,
  hourPasses: 100,
  ...over,
});

const overlay = (until?: number) => ({
  overlay: { kind: 'drained' as const, by: 'ada', reason: 'r', ...(until && { until }) },
});

describe('a host is no choice', () => {
  it.each([
    ['capability', candidate('a', {}, { capabilities: [{ kind: 'other', price: 1n }] }), {}],
    ['tags', candidate('a', {}, { tags: ['eu'] }), { tags: ['eu', 'gpu'] }],
    ['overlay', candidate('a', {}, overlay()), {}],
    ['overlay', candidate('a', {}, overlay(NOW + 1)), {}],
    ['unit', candidate('a', {}, { unit: 'EUR' }), {}],
    ['price', candidate('a', {}, price(101n)), {}],
    ['state', candidate('a', { state: 'offline' }), {}],
    ['state', candidate('a', { state: 'busy' }), {}],
    ['state', candidate('a', { state: 'unknown' }), {}],
    ['slots', candidate('a', { fullUntil: NOW + 1 }), {}],
  ] as const)('for its %s', (refusal, given, over) => {
    const { choices, refused } = selectHosts([given], { ...wanted, ...over }, NOW);
    expect(choices).toEqual([]);
    expect([...refused]).toEqual([[refusal, 1]]);
  });

  it('but is one when its overlay is over, its tags are there, and it is free in any unit', () => {
    expect(idsOf([candidate('a', {}, { ...overlay(NOW), tags: ['eu', 'gpu'] })])).toEqual(['a']);
    expect(idsOf([candidate('a', {}, { ...price(0n), unit: 'EUR' })], { budget: 0n })).toEqual([
      'a',
    ]);
  });
});

describe('the best host', () => {
  it('has the score that the original gave it', () => {
    // The original's rows of cpu-02 alone, and of cpu-02 beside cpu-01, in workers.json.
    const slow = { reliability: 0.9960876155422278, latencyMs: 1_286.429567812451 };
    expect(scoreOf(slow, 4n, 4n)).toBeCloseTo(0.8698, 4);
    const fast = { reliability: 0.9999999997723437, latencyMs: 51.95539104535768 };
    expect(scoreOf(fast, 5n, 4n)).toBeCloseTo(0.9048, 4);
    expect(scoreOf({ reliability: 0.85, latencyMs: 750 }, 0n, 0n)).toBeCloseTo(0.865, 4);
  });

  it('is cheap, then reliable, then fast; a degraded one counts a quarter', () => {
    const cheap = candidate('cheap', {}, price(5n));
    const sound = candidate('sound');
    const shaky = candidate('shaky', { reliability: 0.7 });
    const slow = candidate('slow', { latencyMs: 900 });
    const degraded = candidate('degraded', { state: 'degraded' }, price(5n));
    expect(idsOf([degraded, slow, shaky, sound, cheap])).toEqual([
      'cheap',
      'sound',
      'slow',
      'shaky',
      'degraded',
    ]);
  });

  it('is not one of those that fail too much, while there is another', () => {
    const bad = candidate('bad', { reliability: 0.5 }, price(1n));
    expect(idsOf([bad, candidate('good', {}, price(100n))])).toEqual(['good', 'bad']);
  });

  it('among equals is the luck of the job, and the same whenever it is asked', () => {
    const equals = ['a', 'b', 'c', 'd'].map((id, index) =>
      candidate(id, { latencyMs: 20 + index }),
    );
    const firsts = Array.from({ length: 400 }, (_, n) => idsOf(equals, { jobId: `job-${n}` })[0]);
    for (const id of ['a', 'b', 'c', 'd'])
      expect(firsts.filter((first) => first === id).length).toBeGreaterThan(70);
    expect(idsOf([...equals].reverse())).toEqual(idsOf(equals));
  });
});

it('names of very many hosts only as many as an attempt may ask, and the best of all', () => {
  const all = Array.from({ length: 500 }, (_, n) =>
    candidate(`h${n}`, { latencyMs: (n * 37) % 1_500, reliability: ((n * 13) % 100) / 100 }),
  );
  const ids = idsOf(all);
  expect(ids).toHaveLength(20);
  const chosen = all.filter(({ host: { id } }) => ids.includes(id));
  expect(idsOf([...chosen].reverse())).toEqual(ids);
  const others = chosen.filter(({ host: { id } }) => id !== ids.at(-1));
  for (const other of all.filter(({ host: { id } }) => !ids.includes(id)))
    expect(idsOf([...others, other]).at(-1)).toBe(other.host.id);
});

describe('what is known of a host', () => {
  it('is nothing before its first probe', () => {
    expect(candidateOf(host('a'), undefined, {}, NOW).state).toBe('unknown');
  });

  it('lets it come back slowly after it failed, and only then', () => {
    const since = (seconds: number, over: Partial<Live>) =>
      candidateOf(host('a'), live({ since: NOW / 1_000 - seconds, ...over }), {}, NOW).ramp;
    expect(since(0, { passes: 2 })).toBeCloseTo(0.1);
    expect(since(30, { passes: 8 })).toBeCloseTo(0.55);
    expect(since(60, { passes: 14 })).toBe(1);
    expect(since(0, { passes: 100 })).toBe(1);
    expect(since(0, { passes: 2, seq: 1 })).toBe(1);
  });

  it('gives one that comes back its share of the jobs, and all when it is alone', () => {
    const back = candidate('back', { ramp: 0.1 }, price(1n));
    const firsts = Array.from(
      { length: 500 },
      (_, n) => idsOf([back, candidate('other')], { jobId: `job-${n}` })[0],
    );
    const share = firsts.filter((id) => id === 'back').length / firsts.length;
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.16);
    expect(idsOf([back])).toEqual(['back']);
  });

  it('is the worse of how it answers and how its jobs went', () => {
    const of = (over: Partial<Live>, record = NO_RECORD) =>
      candidateOf(host('a'), live(over), { record }, NOW).reliability;
    expect(of({})).toBe(0.85);
    expect(of({}, { success: 1, jobs: 9 })).toBe(1);
    expect(of({ hourPasses: 50 }, { success: 1, jobs: 9 })).toBeCloseTo(55 / 105);
    expect(of({}, recorded({ success: 1, jobs: 9 }, false))).toBeCloseTo(0.8);
    expect(recorded(NO_RECORD, true).success).toBeCloseTo(0.88);
  });
});
