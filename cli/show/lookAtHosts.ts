/** All hosts with their states, the worst first. */

import { mapPool } from '#shared/kernel/pool.ts';
import type { HostSystem } from '#shared/wiring/openHosts.ts';
import { type Standing, shownState } from './showHost.ts';

export interface Look {
  readonly at: number;
  readonly shards: number;
  readonly counts: ReadonlyMap<string, number>;
  /** The worst hosts, the worst first. */
  readonly rows: readonly Standing[];
}

const WORST_FIRST = 'offline degraded busy unknown maintenance drained online'.split(' ');
const SHARDS_AT_ONCE = 16;

/**
 * Reads all shards and counts all hosts.
 *
 * @param now ms since the epoch
 * @param limit of the hosts in `rows`
 */
export const lookAtHosts = async (
  { store, states, slots }: HostSystem,
  now: number,
  limit: number,
): Promise<Look> => {
  const shards = await store.shards();
  const all = await mapPool(shards, SHARDS_AT_ONCE, async (shard): Promise<readonly Standing[]> => {
    const [hosts, { live }] = await Promise.all([
      store.ofShard(shard),
      states.read(shard, { stale: true }),
    ]);
    return hosts.map((host) => ({ host, live: live.get(host.number) }));
  });
  const ranked = all.flat().map((standing) => ({ standing, state: shownState(standing, now) }));
  ranked.sort((a, b) => WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state));
  const shown = ranked.slice(0, limit).map(({ standing }) => standing);
  const used = await slots.used(
    shown.map(({ host }) => host),
    now,
  );
  const counts = [...Map.groupBy(ranked, ({ state }) => state)].map(
    ([state, of]) => [state, of.length] as const,
  );
  const rows = shown.map((each) => ({ ...each, used: used.get(each.host.id) ?? 0 }));
  return { at: now, shards: shards.length, counts: new Map(counts), rows };
};
