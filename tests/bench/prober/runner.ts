/** One prober in a process of its own, so that its CPU can be measured and held down. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createProbe } from '#shared/hosts/http/probe.ts';
import { watchStalls } from '#shared/hosts/http/stalls.ts';
import { probeAll } from '#shared/hosts/probing/probeAll.ts';
import type { FailReason } from '#shared/hosts/probing/probeOutcome.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { systemClock, systemRandom } from '#shared/kernel/ports.ts';
import { aLive } from '../../support/targets.ts';

/** What is known of the hosts that do not answer: nothing, that they failed once, that they are dead. */
export type Known = 'nothing' | 'failed' | 'offline';

export interface Order {
  readonly prober: 'sheratan' | 'fetch' | 'sequential';
  readonly hosts: readonly Host[];
  readonly dead: readonly string[];
  readonly known: Known;
  readonly vcpus: number;
}

export interface Pass {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly rssMb: number;
  /** Ids of hosts that were seen up, and the latencies shown for them, in ms. */
  readonly up: readonly string[];
  readonly latencies: readonly number[];
  /** By outcome, of those that were not. */
  readonly others: Readonly<Record<string, number>>;
}

interface Seen {
  readonly id: string;
  readonly ms?: number;
  readonly other?: string;
}

const probe = createProbe({ allow: ['127.0.0.0/8'], clock: systemClock, hosts: 1_000 });
const stalls = watchStalls(systemClock);

/** Why, in the pass before. */
const failed = new Map<string, FailReason>();

const liveOf = ({ id }: Host, { known }: Order, isDead: ReadonlySet<string>) => {
  if (known === 'nothing') return undefined;
  if (!isDead.has(id)) return aLive({ srttMs: 30 });
  const reason = failed.get(id) ?? 'none';
  return aLive({ reason, ...(known === 'failed' ? { fails: 1 } : { state: 'offline' }) });
};

const bySheratan = async (order: Order): Promise<readonly Seen[]> => {
  const isDead = new Set(order.dead);
  const run = await probeAll(
    order.hosts.map((host) => ({ host, live: liveOf(host, order, isDead) })),
    {
      probe,
      clock: systemClock,
      random: systemRandom,
      stalls,
      sleep: (ms) => sleep(ms),
      budgetMs: 50_000,
      vcpus: order.vcpus,
    },
  );
  return [...run.results].map(([id, { outcome }]) => {
    if (outcome.kind === 'fail') failed.set(id, outcome.reason);
    if (outcome.kind === 'ok' || outcome.kind === 'slow') return { id, ms: outcome.ms };
    return { id, other: 'reason' in outcome ? `${outcome.kind} ${outcome.reason}` : outcome.kind };
  });
};

const byFetch = async ({ id, endpoint, probe: { path, timeoutMs } }: Host): Promise<Seen> => {
  const began = performance.now();
  try {
    const answer = await fetch(endpoint + path, { signal: AbortSignal.timeout(timeoutMs) });
    await answer.text();
    return { id, ms: performance.now() - began };
  } catch (error) {
    return { id, other: error instanceof Error ? error.name : 'error' };
  }
};

const sequentially = async (hosts: readonly Host[]): Promise<readonly Seen[]> => {
  const seen: Seen[] = [];
  for (const host of hosts) seen.push(await byFetch(host));
  return seen;
};

const PROBERS: Readonly<Record<Order['prober'], (order: Order) => Promise<readonly Seen[]>>> = {
  sheratan: bySheratan,
  fetch: ({ hosts }) => Promise.all(hosts.map(byFetch)),
  sequential: ({ hosts }) => sequentially(hosts),
};

const run = async (order: Order): Promise<Pass> => {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const seen = await PROBERS[order.prober](order);
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  const others: Record<string, number> = {};
  for (const { other } of seen) if (other) others[other] = (others[other] ?? 0) + 1;
  return {
    wallMs,
    cpuMs: (user + system) / 1_000,
    rssMb: process.memoryUsage.rss() / 1_048_576,
    up: seen.flatMap(({ id, ms }) => (ms === undefined ? [] : [id])),
    latencies: seen.flatMap(({ ms }) => (ms === undefined ? [] : [ms])),
    others,
  };
};

process.on('message', (order: Order) => {
  run(order).then(
    (pass) => process.send?.(pass),
    (error: unknown) => {
      throw error;
    },
  );
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
