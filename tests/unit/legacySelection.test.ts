import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Candidate, selectHosts } from '#shared/dispatch/selectHost.ts';
import { hash32 } from '#shared/kernel/hash.ts';
import { definitionOf } from '../support/hosts.ts';

interface Worker {
  readonly capabilities: readonly { readonly kind: string; readonly cost: number }[];
  readonly status: string;
  readonly last_seen: number;
  readonly stats: {
    readonly latency_ms_ema: number;
    readonly success_ema: number;
    readonly is_offline: boolean;
    readonly active_jobs: number;
  };
}

interface Expected {
  readonly now: number;
  readonly eligible: Readonly<Record<string, boolean>>;
  readonly online_fresh: Readonly<Record<string, readonly string[]>>;
  readonly best: Readonly<Record<string, string | null>>;
}

const DIR = 'tests/fixtures/legacy/hosts';
const load = <T>(name: string): T => JSON.parse(readFileSync(`${DIR}/${name}`, 'utf8')) as T;
const workers = load<Record<string, Worker>>('mesh/registry/workers.json');
const expected = load<Expected>('worker_selection.json');

const STALE_SECONDS = 120;
const INFLIGHT_MAX = 3;

/** What we would know of a host that stood as the original's worker did. */
const candidates: readonly Candidate[] = Object.entries(workers).map(([id, worker]) => {
  const { stats, status, last_seen } = worker;
  const isHeard = status === 'online' && expected.now - last_seen < STALE_SECONDS;
  const capabilities = worker.capabilities.map(({ kind, cost }) => ({
    kind,
    price: cost * 10_000,
  }));
  const definition = definitionOf(id, { capabilities, unit: 'TOK', concurrency: INFLIGHT_MAX });
  return {
    host: { ...definition, shard: '60-0', number: 0, version: 1, createdAt: 0 },
    state: isHeard && !stats.is_offline ? 'online' : 'offline',
    reliability: stats.success_ema,
    latencyMs: stats.latency_ms_ema,
    fullUntil: stats.active_jobs < INFLIGHT_MAX ? 0 : Number.POSITIVE_INFINITY,
    hash: hash32(id),
    ramp: 1,
  };
});

const HEARTBEAT =
  'a heartbeat renewed last_seen and not stats.last_seen_ts: a worker that had no job for two minutes was refused, however alive it was';

/** Every kind for which another host is chosen, and why. */
const DIFFERENCES: Readonly<Record<string, { readonly ours: string; readonly why: string }>> = {
  agent_plan: { ours: 'webrelay_worker', why: HEARTBEAT },
  analyze_file: { ours: 'webrelay_worker', why: HEARTBEAT },
  patch_file: { ours: 'default_worker', why: HEARTBEAT },
  pdf_to_json: { ours: 'default_worker', why: HEARTBEAT },
  read_file_batch: { ours: 'default_worker', why: HEARTBEAT },
  write_file: { ours: 'default_worker', why: HEARTBEAT },
};

/** Every worker that may have jobs here and might not there, or the other way round. */
const ELIGIBILITY: Readonly<Record<string, string>> = {
  default_worker: HEARTBEAT,
  webrelay_worker: HEARTBEAT,
  'worker-gpu-02': 'below 0.6 of success a host is not refused: it comes after all others',
  'node-B':
    'it said of itself that it was offline, which this rule did not look at; the next one did',
};

const choicesFor = (kind: string) => {
  const wanted = { jobId: 'job', kind, tags: [], unit: 'TOK', budget: 10n ** 9n };
  return selectHosts(candidates, wanted, expected.now * 1_000).choices;
};

describe("the choice among the original's workers", () => {
  it.each(Object.keys(expected.best))(
    'for %s is the one it made, or differs for a reason',
    (kind) => {
      const best = choicesFor(kind)[0]?.host.id ?? null;
      const difference = DIFFERENCES[kind];
      expect(best).toBe(difference ? difference.ours : expected.best[kind]);
      if (difference) expect(best).not.toBe(expected.best[kind]);
    },
  );

  it.each(Object.entries(expected.online_fresh))(
    'for %s is among those it saw alive',
    (kind, ids) => {
      const alive = candidates.filter(
        ({ host, state }) =>
          state === 'online' && host.capabilities.some((each) => each.kind === kind),
      );
      expect(alive.map(({ host }) => host.id)).toEqual(ids);
    },
  );

  it('is among those that it let have jobs, but for the reasons named', () => {
    const usable = new Set(
      Object.keys(expected.best).flatMap((kind) => choicesFor(kind).map(({ host }) => host.id)),
    );
    const differing = Object.entries(expected.eligible).filter(
      ([id, eligible]) => usable.has(id) !== eligible,
    );
    expect(differing.map(([id]) => id).sort()).toEqual(Object.keys(ELIGIBILITY).sort());
  });

  it('puts the unreliable one last where the original refused it', () => {
    const ids = choicesFor('llm_call').map(({ host }) => host.id);
    expect(ids.at(-1)).toBe('worker-gpu-02');
  });
});
