/**
 * One probe run of a shard: claimed once, all hosts probed, the new state committed in one write.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Ids, Logger } from '#shared/kernel/ports.ts';
import type { HostRegistry, ProbeMessage, RollupStore, ShardState, ShardStore } from '../ports.ts';
import { type Host, overlayAt } from '../registry/host.ts';
import { apartMsOf, budgetMsOf, runNumberAt } from '../registry/shard.ts';
import {
  type Applied,
  applyFindings,
  closedHour,
  type Findings,
  type RunMoment,
} from './applyFindings.ts';
import type { Live, StateChange } from './hostState.ts';
import { type Sentinels, withoutMassFailure } from './massFailure.ts';
import type { HostToProbe, ProbeRun } from './probeAll.ts';

export interface ShardDeps {
  readonly registry: Pick<HostRegistry, 'ofShard'>;
  readonly store: ShardStore;
  readonly rollups: Pick<RollupStore, 'putHour'>;
  readonly probeAll: (hosts: readonly HostToProbe[], budgetMs: number) => Promise<ProbeRun>;
  readonly sentinels: Sentinels;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

export interface ShardReport {
  readonly kind: 'committed' | 'duplicate' | 'overtaken';
  readonly shard: string;
  /** From when the probe run is due to its start, in ms. */
  readonly skewMs: number;
  readonly run?: ProbeRun;
  readonly live?: ReadonlyMap<number, Live>;
  /** Numbers of the hosts with an overlay. */
  readonly resting?: ReadonlySet<number>;
  readonly changes: readonly StateChange[];
}

interface Commit {
  readonly shard: string;
  readonly seen: ShardState;
  readonly hosts: readonly Host[];
  readonly findings: Findings;
  /** When to apply the outcomes to the present state; undefined when they no longer count. */
  readonly momentOn: (state: ShardState) => RunMoment | undefined;
}

/**
 * Commits onto the newest state, even when others commit in between; undefined when that fails or
 * the outcomes no longer count. A finished hour is written before the state that no longer has it:
 * to write it twice is harmless.
 */
export const commitFindings = async (
  { shard, seen, hosts, findings, momentOn }: Commit,
  { store, rollups, logger }: Pick<ShardDeps, 'store' | 'rollups' | 'logger'>,
): Promise<Applied | undefined> => {
  let state = seen;
  for (let tries = 0; tries < LIMITS.shardCommitsMax; tries += 1) {
    const moment = momentOn(state);
    if (!moment) return undefined;
    const closed = closedHour(state, moment.at);
    if (closed) await rollups.putHour(shard, closed, moment.at);
    const applied = applyFindings(state, hosts, findings, moment);
    if (await store.commit(shard, state, applied.next, applied.changes)) return applied;
    state = await store.read(shard);
  }
  logger.warn('a shard was not committed: too many others commit', { shard });
  return undefined;
};

/**
 * Probes a shard once and commits the outcomes.
 *
 * @param remainingMs time that the function has left
 * @returns `duplicate` when another run claimed this tick, `overtaken` when a newer one was
 *   committed
 */
export const runShard = async (
  { shard, at }: Extract<ProbeMessage, { kind: 'shard' }>,
  remainingMs: number,
  deps: ShardDeps,
): Promise<ShardReport> => {
  const { store, registry, clock } = deps;
  const tick = runNumberAt(shard, at);
  const from = clock.now();
  const skewMs = from - at;
  const report = (kind: ShardReport['kind']): ShardReport => ({ kind, shard, skewMs, changes: [] });
  const budgetMs = budgetMsOf(shard, remainingMs);
  const mine = await store.claim(shard, {
    tick,
    owner: deps.ids.next(),
    from,
    until: from + budgetMs,
    apartMs: apartMsOf(shard),
  });
  if (!mine) return report('duplicate');
  const [seen, hosts] = await Promise.all([store.read(shard), registry.ofShard(shard)]);
  if (seen.tick >= tick) return report('duplicate');
  const known = hosts.map((host) => ({ host, live: seen.live.get(host.number) }));
  const run = await deps.probeAll(known, budgetMs);
  const results = await withoutMassFailure(known, run.results, deps.sentinels);
  const moment = { tick, at, foundAt: run.startedAt };
  const applied = await commitFindings(
    {
      shard,
      seen,
      hosts,
      findings: new Map([...results].map(([id, result]) => [id, [result]])),
      momentOn: (state) => (state.tick < tick ? moment : undefined),
    },
    deps,
  );
  if (!applied) return { ...report('overtaken'), run };
  const { changes, next } = applied;
  const resting = hosts.flatMap((host) => (overlayAt(host, at) ? [host.number] : []));
  const found = { run, live: next.live, resting: new Set(resting), changes };
  return { kind: 'committed', shard, skewMs, ...found };
};
