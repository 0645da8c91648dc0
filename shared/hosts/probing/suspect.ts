/**
 * Handles a suspect host: a job's call found it dead. The call counts as a failed probe, and the
 * host is probed at once.
 */

import { LIMITS } from '#shared/kernel/limits.ts';
import type { ProbeMessage, ShardState } from '../ports.ts';
import type { ProbeResult } from './probeOutcome.ts';
import { commitFindings, type ShardDeps, type ShardReport } from './probeRun.ts';

type Suspicion = Extract<ProbeMessage, { kind: 'suspect' }>;

const failedCall = ({ detail }: Suspicion): ProbeResult => ({
  outcome: { kind: 'fail', reason: 'call', detail, ms: 0, phases: {} },
  reprobed: false,
});

/** Whether the suspicion is news: the state is not newer, and does not say offline already. */
const isNews = (state: ShardState, number: number, at: number): boolean =>
  state.at <= at && !['offline', 'unknown'].includes(state.live.get(number)?.state ?? 'unknown');

/**
 * Probes the suspect. A second message probes it again, and then the host is offline or was seen
 * well.
 */
export const lookAtSuspect = async (
  message: Suspicion,
  remainingMs: number,
  deps: ShardDeps,
): Promise<ShardReport> => {
  const { store, registry, clock } = deps;
  const { shard, at } = message;
  const skewMs = clock.now() - at;
  const nothing: ShardReport = { kind: 'duplicate', shard, skewMs, changes: [] };
  const [seen, hosts] = await Promise.all([store.read(shard), registry.ofShard(shard)]);
  const host = hosts.find(({ id }) => id === message.host);
  if (!host || !isNews(seen, host.number, at)) return nothing;
  const budgetMs = Math.max(0, remainingMs - LIMITS.probeWrapUpMs);
  const run = await deps.probeAll([{ host, live: seen.live.get(host.number) }], budgetMs);
  const before = run.results.get(host.id);
  if (!before) return nothing;
  // The call was the first request, so a fail now is that of a second request.
  const second = before.outcome.kind === 'fail' ? { ...before, reprobed: true } : before;
  const applied = await commitFindings(
    {
      shard,
      seen,
      hosts,
      findings: new Map([[host.id, [failedCall(message), second]]]),
      momentOn: (state) =>
        isNews(state, host.number, at)
          ? { tick: state.tick, at: state.at, foundAt: at }
          : undefined,
    },
    deps,
  );
  return applied ? { kind: 'committed', shard, skewMs, run, changes: applied.changes } : nothing;
};
