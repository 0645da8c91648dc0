/** `hosts show|history`: one host now, and its changes. */

import type { StateChange } from '#shared/hosts/probing/hostState.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { type Measured, measuredOf, type Uptime, uptimeOf } from '#shared/hosts/rollups.ts';
import type { HostSystem } from '#shared/wiring/openHosts.ts';
import { CliError, EXIT, type ExitCode } from '../../errors.ts';
import { columns, json, note, out, paint, plain, status, time } from '../../print.ts';
import { looking, type SessionOptions } from '../../session.ts';
import { describeHost, shownState, uptimeText } from '../../show/showHost.ts';

const found = async (id: string, { store }: HostSystem): Promise<Host> => {
  const host = await store.get(id);
  if (host) return host;
  throw new CliError(`There is no host ${plain(id)}; "hosts list" names them.`, EXIT.notFound);
};

/** The probes of a host, with those of the hour under way. */
export const measuredNow = async (
  { shard, number }: Host,
  { states, rollups }: HostSystem,
  now: number,
): Promise<Measured> => {
  const [{ live, at }, measured] = await Promise.all([
    states.read(shard, { stale: true }),
    measuredOf(shard, rollups, now),
  ]);
  const of = live.get(number);
  const current = of && { at, probes: of.hourProbes, passes: of.hourPasses };
  return { ...measured, ...(current && { current }) };
};

const uptimeNow = async (host: Host, system: HostSystem, now: number): Promise<Uptime> =>
  uptimeOf(host.number, await measuredNow(host, system, now), now);

const printChanges = (changes: readonly StateChange[]): void => {
  if (changes.length === 0) note('No changes of state are known.');
  else
    out(
      columns([
        ['SINCE (UTC)', 'FROM', 'TO', 'REASON', 'FOUND'],
        ...changes.map(({ since, from, to, reason, at, muted }) => [
          time(since),
          from,
          to,
          plain(reason === 'none' ? '-' : reason),
          `${time(at)}${muted ? ' (muted: it changes too often)' : ''}`,
        ]),
      ]),
    );
};

const CHANGES_SHOWN = 5;

/**
 * Shows a host with its state, settings, uptime and last changes.
 *
 * @throws CliError for an unknown host
 */
export const showHostCommand = (id: string, options: SessionOptions): Promise<ExitCode> =>
  looking(options, async ({ hosts, clock }) => {
    const system = hosts();
    const host = await found(id, system);
    const now = clock.now();
    const [uptime, changes, used, { live }] = await Promise.all([
      uptimeNow(host, system, now),
      system.history.changes(id, CHANGES_SHOWN),
      system.slots.used([host], now),
      system.states.read(host.shard, { stale: true }),
    ]);
    const standing = { host, live: live.get(host.number), used: used.get(id) ?? 0 };
    if (options.json) {
      json({ ...standing, state: shownState(standing, now), uptime, changes });
      return EXIT.ok;
    }
    out(`${status(shownState(standing, now))} ${paint('bold', plain(id))} ${plain(host.endpoint)}`);
    out(plain(describeHost(standing, uptime, now)));
    if (changes.length > 0) printChanges(changes);
    return EXIT.ok;
  });

export interface HostHistoryOptions extends SessionOptions {
  readonly limit: number;
}

/**
 * Shows a host's uptime and its changes, the newest first.
 *
 * @throws CliError for a host that never was
 */
export const hostHistoryCommand = (id: string, options: HostHistoryOptions): Promise<ExitCode> =>
  looking(options, async ({ hosts, clock }) => {
    const system = hosts();
    // A removed host still has a history, but no uptime: its counts were removed with it.
    const host = await system.store.get(id);
    const changes = await system.history.changes(id, options.limit);
    if (!host && changes.length === 0) await found(id, system);
    const uptime = host && (await uptimeNow(host, system, clock.now()));
    if (options.json) json({ id, ...(uptime && { uptime }), changes });
    else {
      if (uptime) out(`uptime: ${uptimeText(uptime)}`);
      printChanges(changes);
    }
    return EXIT.ok;
  });
