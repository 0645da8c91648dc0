/** Hosts as text for people. */

import type { HostState, Live } from '#shared/hosts/probing/hostState.ts';
import type { InconclusiveReason } from '#shared/hosts/probing/probeOutcome.ts';
import { isStale } from '#shared/hosts/probing/verdict.ts';
import { type Host, type Overlay, overlayAt } from '#shared/hosts/registry/host.ts';
import { type Counts, type Uptime, WINDOWS } from '#shared/hosts/rollups.ts';
import { columns, duration, time } from '../print.ts';

/** A host with its state. */
export interface Standing {
  readonly host: Host;
  readonly live?: Live | undefined;
  /** Slots in use. */
  readonly used?: number | undefined;
}

/**
 * The overlay of the host, else its probed state; {@link hostReason} tells both.
 *
 * @param now ms since the epoch
 */
export const shownState = ({ host, live }: Standing, now: number): HostState | Overlay['kind'] =>
  overlayAt(host, now)?.kind ?? live?.state ?? 'unknown';

/** What a host runs, with its prices in minor units and their unit. */
export const pricesOf = ({ capabilities, unit }: Pick<Host, 'capabilities' | 'unit'>): string => {
  const prices = capabilities.map(({ kind, price }) => `${kind}=${price}`);
  return `${prices.join(' ')} ${unit}`;
};

/** The smoothed latency of a host's probes, as text. */
export const latencyOf = ({ live }: Standing): string =>
  live && live.srttMs > 0 ? `${Math.round(live.srttMs)} ms` : '-';

const HOUR_MS = 3_600_000;

/** A length of time in its best unit. */
const age = (ms: number): string => {
  if (ms < HOUR_MS) return duration(Math.max(0, ms));
  return ms < 48 * HOUR_MS
    ? `${Math.round(ms / HOUR_MS)} h`
    : `${Math.round(ms / 24 / HOUR_MS)} days`;
};

/**
 * How long the host has been in its state, as text.
 *
 * @param now ms since the epoch
 */
export const sinceOf = ({ live }: Standing, now: number): string =>
  live && live.since > 0 ? age(now - live.since * 1_000) : '-';

/** Why a probe was inconclusive. */
const INCONCLUSIVE: Readonly<Record<InconclusiveReason, string>> = {
  descriptors: 'the prober had no sockets left',
  dns_down: 'the resolver failed',
  event_loop: 'the prober stood still',
  clock_jump: 'the prober was frozen',
  forbidden_address: 'outboundAllow does not allow its address',
  skipped: 'the run had no time left for it',
  mass_failure: 'most hosts of its shard failed at once',
};

/** What the probes say of the host in addition to its state. */
const findingsOf = (live: Live): string => {
  const { reason, flapping, inconclusive, inconclusiveReason, state } = live;
  const cause = inconclusiveReason ? ` (${INCONCLUSIVE[inconclusiveReason]})` : '';
  const said = `${inconclusive} ${inconclusive === 1 ? 'probe' : 'probes'} said nothing${cause}`;
  return [
    ...(reason === 'none' ? [] : [reason]),
    ...(flapping ? ['flapping'] : []),
    ...(isStale(live) ? [`stale: ${said}`] : []),
    ...(!isStale(live) && state === 'unknown' && inconclusive > 0 ? [said] : []),
  ].join(', ');
};

/**
 * Why the host has the shown state. For a host with an overlay also its probed state, unless that
 * is good.
 *
 * @param now ms since the epoch
 */
export const hostReason = ({ host, live }: Standing, now: number): string => {
  const overlay = overlayAt(host, now);
  const findings = live ? findingsOf(live) : 'not probed yet';
  if (!overlay) return findings;
  const until = overlay.until === undefined ? '' : ` until ${time(overlay.until)}`;
  const by = `by ${overlay.by}${until}${overlay.reason ? `: ${overlay.reason}` : ''}`;
  if (!live) return `${by}; ${findings}`;
  if (live.state === 'online' && findings === '') return by;
  return `${by}; ${live.state}${findings === '' ? '' : `: ${findings}`}`;
};

/** Rounded down: 100 % means that no probe failed. */
export const percentOf = ({ probes, passes }: Counts): string => {
  if (probes === 0) return 'not probed';
  const hundredths = Math.floor((passes * 10_000) / probes);
  return `${(hundredths / 100).toFixed(2)} %`;
};

/** Uptime for each window of time, in percent. */
export const uptimeText = (uptime: Uptime): string =>
  WINDOWS.map((name) => `${name} ${percentOf(uptime[name])}`).join(', ');

const probeText = ({ probe, endpoint }: Host): string => {
  const { method, path, intervalSeconds, timeoutMs, degradedMs, expectStatus } = probe;
  const statuses = expectStatus.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return `${method} ${endpoint}${path} every ${intervalSeconds} s, within ${timeoutMs} ms, slow after ${degradedMs} ms, expects ${statuses.join(', ')}`;
};

const bodyText = ({ body }: Host['probe']): string | undefined => {
  if (!body) return undefined;
  return body.kind === 'contains'
    ? `contains ${JSON.stringify(body.text)}`
    : `${body.pointer} is ${JSON.stringify(body.equals)}`;
};

/**
 * A host as text: state, settings, uptime.
 *
 * @param now ms since the epoch
 */
export const describeHost = (standing: Standing, uptime: Uptime, now: number): string => {
  const { host, used } = standing;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['since', `${sinceOf(standing, now)}  ${hostReason(standing, now)}`.trimEnd()],
    ['latency', latencyOf(standing)],
    ['slots', `${used ?? 0} of ${host.concurrency} in use`],
    ['runs', pricesOf(host)],
    ['tags', host.tags.join(', ') || undefined],
    ['probe', probeText(host)],
    ['body', bodyText(host.probe)],
    ['headers', Object.keys(host.probe.headers).join(', ') || undefined],
    ['uptime', uptimeText(uptime)],
    ['shard', `${host.shard}, number ${host.number}, version ${host.version}`],
    ['placed', time(host.createdAt)],
  ];
  return columns(rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
};
