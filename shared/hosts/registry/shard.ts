/** Names of shards and the time they keep: `<intervalSeconds>-<n>`. */
import { PROBE_INTERVALS, type ProbeInterval } from '#shared/contracts/hosts.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

/** @throws RangeError for a name that no shard has */
export const intervalOf = (shard: string): ProbeInterval => {
  const [seconds = ''] = shard.split('-');
  const interval = PROBE_INTERVALS.find((each) => String(each) === seconds);
  if (interval === undefined || !/^\d+-\d+$/.test(shard))
    throw new RangeError(`"${shard}" is no shard: expected "<interval>-<number>"`);
  return interval;
};

/** Which of all the shard's probe runs the moment belongs to; the next one is one more. */
export const tickOf = (shard: string, at: number): number =>
  Math.floor(at / (intervalOf(shard) * 1_000));

/** How long a run of the shard may take, in ms: it ends before the next one begins. */
export const budgetMsOf = (shard: string, remainingMs: number): number => {
  const intervalMs = intervalOf(shard) * 1_000;
  const margin = Math.min(LIMITS.probeMarginMs, intervalMs / LIMITS.probeMarginPart);
  return Math.max(0, Math.min(intervalMs - margin, remainingMs - LIMITS.probeWrapUpMs));
};

/**
 * Between the beginnings of two runs at least, in ms: probe runs that were held up come at once, and
 * looking three times within a second would count as three probe runs.
 */
export const apartMsOf = (shard: string): number => (intervalOf(shard) * 1_000) / 2;
