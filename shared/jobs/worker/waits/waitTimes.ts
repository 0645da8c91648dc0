/**
 * How long a message stays away before it comes back: pure. SQS moves a message to the dead-letter
 * queue after too many receives, and the messages behind it in its group are received as often. So
 * every wait grows with the receives, and the retention of the queue always ends first.
 */
import { doubled, halfJitter } from '#shared/kernel/backoff.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Random } from '#shared/kernel/ports.ts';

/** Each wait is longer by a twentieth. So the end of what is waited for is seen at most that late. */
const grown = (first: number, looks: number, most: number): number =>
  Math.min(most, first * LIMITS.waitGrowth ** Math.max(0, looks - 1));

/**
 * The least time that a message stays away, in whole seconds.
 * @param receives how often SQS handed the message out; 1 the first time
 */
export const leastSeconds = (receives: number): number => {
  const beyond = receives - LIMITS.receivesPrompt;
  if (beyond <= 0) return 0;
  return Math.ceil(Math.min(LIMITS.leastSecondsMax, LIMITS.leastGrowth ** beyond));
};

/** The wait for a slot of the source, in ms: short, because a slot may be free soon, and spread. */
export const slotWaitMs = (receives: number, random: Random): number =>
  grown(LIMITS.slotWaitMs, receives, LIMITS.slotWaitMsMax) * (1 + random.next());

/** The wait of a paused job, in seconds: about as long as the pause has lasted so far. */
export const pausedSeconds = (receives: number): number =>
  doubled(LIMITS.pauseWaitSecondsMin, receives - 1, LIMITS.pauseWaitSecondsMax);

/** The wait for an earlier job of the group, in whole seconds. */
export const turnSeconds = (receives: number): number =>
  Math.ceil(grown(LIMITS.turnWaitSecondsMin, receives, LIMITS.turnWaitSecondsMax));

/** The wait after a fault of the mesh (table or queue out of reach), in whole seconds. */
export const faultSeconds = (receives: number): number =>
  Math.ceil(grown(LIMITS.faultDelaySeconds, receives, LIMITS.faultDelaySecondsMax));

/**
 * The wait for a host, in ms: it doubles at first, then grows like any wait.
 * @param looks how many looks came before
 * @param soon whether a host is there and only lacks a free slot
 */
export const hostWaitMs = (looks: number, soon: boolean, random: Random): number => {
  const quick = soon ? LIMITS.slotWaitSecondsMax : LIMITS.hostWaitSecondsMax;
  const most = soon ? LIMITS.hostSlotPatienceSeconds : LIMITS.hostPatienceSeconds;
  const quickly = doubled(LIMITS.hostWaitSecondsMin, looks, quick);
  const seconds = quickly < quick ? quickly : grown(quick, looks, most);
  return 1_000 * halfJitter(seconds, random);
};
