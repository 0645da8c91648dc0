/**
 * When most of a shard fails at once, it is likelier that the prober's network is gone than that all
 * of those hosts are. Sentinels decide where there are some; otherwise the hosts that still answer
 * prove the network, and where none does, the doubt lasts a few probe runs only.
 */

import { LIMITS } from '#shared/kernel/limits.ts';
import type { HostToProbe } from './probeAll.ts';
import type { ProbeResult } from './probeOutcome.ts';

type Results = ReadonlyMap<string, ProbeResult>;

/** Whether anything known to be up can be reached; undefined when nothing is known. */
export type Sentinels = () => Promise<boolean | undefined>;

const newlyFailed = ({ live }: HostToProbe, result: ProbeResult | undefined): boolean =>
  result?.outcome.kind === 'fail' && live !== undefined && live.state !== 'offline';

const hasPassed = (result: ProbeResult | undefined): boolean =>
  result !== undefined && !['fail', 'inconclusive'].includes(result.outcome.kind);

const isDoubted = async (
  hosts: readonly HostToProbe[],
  results: Results,
  sentinels: Sentinels,
): Promise<boolean> => {
  const up = hosts.filter(({ live }) => live !== undefined && live.state !== 'offline');
  const failed = up.filter((item) => newlyFailed(item, results.get(item.host.id)));
  if (failed.length < LIMITS.massFailureHostsMin || failed.length * 2 <= up.length) return false;
  const reached = await sentinels();
  if (reached !== undefined) return !reached;
  if ([...results.values()].some(hasPassed)) return false;
  // Once it was believed, it is believed.
  const doubtful = failed.filter(
    ({ live }) => live?.fails === 0 && live.inconclusive < LIMITS.massFailureTurnsMax,
  );
  return doubtful.length * 2 > failed.length;
};

/** The results, or the same with no host's failure held against it. */
export const withoutMassFailure = async (
  hosts: readonly HostToProbe[],
  results: Results,
  sentinels: Sentinels,
): Promise<Results> => {
  if (!(await isDoubted(hosts, results, sentinels))) return results;
  const detail = 'most hosts of the shard failed at once';
  const doubted: ProbeResult = {
    outcome: { kind: 'inconclusive', reason: 'mass_failure', detail },
    reprobed: false,
  };
  return new Map(
    [...results].map(([id, result]) => [id, result.outcome.kind === 'fail' ? doubted : result]),
  );
};
