/** What a run of probes makes of a shard's state: pure, so that it can be done again on newer state. */

import type { ClosedHour, ShardState } from '../ports.ts';
import type { Host } from '../registry/host.ts';
import { hourOf } from '../rollups.ts';
import type { Change, Live } from './liveness.ts';
import type { ProbeResult } from './probeOutcome.ts';

import { unknownHost, verdictOn } from './verdict.ts';

export interface Applied {
  readonly next: Omit<ShardState, 'version'>;
  readonly changes: readonly Change[];
}

/** The hour before `now`'s, when the state still counts it. */
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

/** What was found out of hosts, by id and in order. */
export type Findings = ReadonlyMap<string, readonly ProbeResult[]>;

export interface RunMoment {
  readonly tick: number;
  /** To which moment the new state belongs, ms since the epoch. */
  readonly at: number;
  /** When it was found out, ms since the epoch. */
  readonly foundAt: number;
}

/** Hosts that are not in `hosts` are forgotten; those of which nothing was found keep what they have. */
export const applyFindings = (
  seen: ShardState,
  hosts: readonly Host[],
  findings: Findings,
  { tick, at, foundAt }: RunMoment,
): Applied => {
  const isNewHour = closedHour(seen, at) !== undefined;
  const changes: Change[] = [];
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
