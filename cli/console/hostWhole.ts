/** One host whole: what `hosts show` and `hosts history` tell, and the jobs that it runs. */
import type { Deployment } from '#client/deployment.ts';
import { overlayAt } from '#shared/hosts/registry/host.ts';
import { beginOf, DAY_MS, stripOf, uptimeOf, WINDOWS } from '#shared/hosts/rollups.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { measuredNow } from '../commands/hosts/hostsShow.ts';
import {
  hostReason,
  latencyOf,
  percentOf,
  pricesOf,
  shownState,
  sinceOf,
} from '../show/showHost.ts';
import type { Answering } from './server.ts';
import type { HostWhole } from './wireViews.ts';

const CHANGES = 20;
const DAYS_SHOWN = 90;

/** A host by its id. */
export const wholeHost =
  (deployment: Deployment): Answering =>
  async (query): Promise<HostWhole | undefined> => {
    const system = deployment.hosts();
    const host = await system.store.get(query.get('id') ?? '');
    if (!host) return undefined;
    const now = systemClock.now();
    const [measured, changes, jobs, { live }] = await Promise.all([
      measuredNow(host, system, now),
      system.history.changes(host.id, CHANGES),
      system.slots.jobs(host, now),
      system.states.read(host.shard, { stale: true }),
    ]);
    const standing = { host, live: live.get(host.number) };
    const uptime = uptimeOf(host.number, measured, now);
    const strip = (span: 'hour' | 'day', from: number) =>
      stripOf(host.number, measured, span, from, now);
    return {
      id: host.id,
      endpoint: host.endpoint,
      state: shownState(standing, now),
      isDrained: overlayAt(host, now)?.kind === 'drained',
      facts: [
        ['in this state for', sinceOf(standing, now)],
        ['why', hostReason(standing, now)],
        ['latency', latencyOf(standing)],
        ['runs', pricesOf(host)],
        ['tags', host.tags.join(', ')],
        ['probed', `every ${host.probe.intervalSeconds} s at ${host.probe.path}`],
      ],
      slots: { used: jobs.length, all: host.concurrency },
      uptime: WINDOWS.map((name) => [name, percentOf(uptime[name])] as const),
      hours: strip('hour', beginOf('day', now)),
      days: strip('day', now - (DAYS_SHOWN - 1) * DAY_MS),
      changes: changes.map(({ since, from, to, reason }) => ({ since, from, to, reason })),
      jobs,
    };
  };
