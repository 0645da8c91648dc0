/** Names of shards, and the times that follow from them: `<intervalSeconds>-<n>`. */
import { PROBE_INTERVALS, type ProbeInterval } from '#shared/contracts/hosts.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

/**
 * The interval of a shard, in seconds.
 *
 * @throws RangeError for a name that is not a shard's
 */
export const intervalOf = (shard: string): ProbeInterval => {
  const [seconds = ''] = shard.split('-');
  const interval = PROBE_INTERVALS.find((each) => String(each) === seconds);
  if (interval === undefined || !/^\d+-\d+$/.test(shard))
    throw new RangeError(`"${shard}" is no shard: expected "<interval>-<number>"`);
  return interval;
};

/**
 * The number of the shard's probe run at a time; the next run has the next number.
 *
 * @param at ms since the epoch
 */
export const runNumberAt = (shard: string, at: number): number =>
  Math.floor(at / (intervalOf(shard) * 1_000));

/**
 * The longest probe run, in ms: it ends before the next one begins.
 *
 * @param remainingMs time that the function has left
 */
export const budgetMsOf = (shard: string, remainingMs: number): number => {
  const intervalMs = intervalOf(shard) * 1_000;
  const margin = Math.min(LIMITS.probeMarginMs, intervalMs / LIMITS.probeMarginPart);
  return Math.max(0, Math.min(intervalMs - margin, remainingMs - LIMITS.probeWrapUpMs));
};

/**
 * The least time between the starts of two runs, in ms. Delayed probe runs come all at once, and
 * three within a second would count as three.
 */
export const apartMsOf = (shard: string): number => (intervalOf(shard) * 1_000) / 2;
