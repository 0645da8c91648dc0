/**
 * Doubts a failure of most of a shard: the prober's network is more likely gone than all these
 * hosts. Sentinels decide, where there are some. Without them, hosts that still answer prove the
 * network. When none answers, the doubt lasts a few probe runs.
 */

import { LIMITS } from '#shared/kernel/limits.ts';
import type { HostToProbe } from './probeAll.ts';
import type { ProbeResult } from './probeOutcome.ts';

type Results = ReadonlyMap<string, ProbeResult>;

/** Whether a sentinel, a server that always answers, can be reached; undefined without sentinels. */
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
  // A failure that was believed once is not doubted again.
  const doubtful = failed.filter(
    ({ live }) => live?.fails === 0 && live.inconclusive < LIMITS.massFailureRunsMax,
  );
  return doubtful.length * 2 > failed.length;
};

/** The results; in a mass failure, with every fail as inconclusive. */
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
