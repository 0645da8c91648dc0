/**
 * Applies the outcomes of a probe run to the state of a shard. Pure, so that it can be repeated on
 * newer state.
 */

import type { ClosedHour, ShardState } from '../ports.ts';
import type { Host } from '../registry/host.ts';
import { hourOf } from '../rollups.ts';
import type { Live, StateChange } from './hostState.ts';
import type { ProbeResult } from './probeOutcome.ts';

import { unknownHost, verdictOn } from './verdict.ts';

export interface Applied {
  readonly next: Omit<ShardState, 'version'>;
  readonly changes: readonly StateChange[];
}

/** The counts of the hour that is over, when the state still has them. */
export const closedHour = (
  { version, at, live }: ShardState,
  now: number,
): ClosedHour | undefined => {
  if (version === 0 || hourOf(at) >= hourOf(now)) return undefined;
  const counts = [...live.values()].map(
    ({ number, hourProbes: probes, hourPasses: passes }) => [number, { probes, passes }] as const,
  );
  return { at: hourOf(at), counts: new Map(counts), version };
};

/** The outcomes by host id, in order. */
export type Findings = ReadonlyMap<string, readonly ProbeResult[]>;

export interface RunMoment {
  readonly tick: number;
  /** The time of the new state, ms since the epoch. */
  readonly at: number;
  /** When the outcomes were found, ms since the epoch. */
  readonly foundAt: number;
}

/**
 * The next state of the shard. Hosts that are not in `hosts` are dropped; hosts without an outcome
 * keep their state.
 */
export const applyFindings = (
  seen: ShardState,
  hosts: readonly Host[],
  findings: Findings,
  { tick, at, foundAt }: RunMoment,
): Applied => {
  const isNewHour = closedHour(seen, at) !== undefined;
  const changes: StateChange[] = [];
  const live = new Map<number, Live>();
  for (const host of hosts) {
    const known = seen.live.get(host.number) ?? unknownHost(host);
    const before = isNewHour ? { ...known, hourProbes: 0, hourPasses: 0 } : known;
    let current = before;
    for (const result of findings.get(host.id) ?? []) {
      const judged = verdictOn(current, result, host, foundAt);
      current = judged.live;
      if (judged.change) changes.push(judged.change);
    }
    live.set(host.number, current);
  }
  return { next: { tick, at, live }, changes };
};
