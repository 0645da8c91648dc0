/**
 * How long a message that must come back stays away: pure. SQS counts receives and moves a message
 * away after too many, with those behind it in its group, which are received along with it. So
 * every wait grows with the receives: however long it goes on, the queue's retention ends first.
 */
import { doubled, halfJitter } from '#shared/kernel/backoff.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Random } from '#shared/kernel/ports.ts';

/** Each look later by a twentieth: a wait is found to be over within a twentieth of its length. */
const grown = (first: number, looks: number, most: number): number =>
  Math.min(most, first * LIMITS.waitGrowth ** Math.max(0, looks - 1));

/** What any message stays away at least, in whole seconds. @param receives 1 for the first */
export const leastSeconds = (receives: number): number => {
  const beyond = receives - LIMITS.receivesPrompt;
  if (beyond <= 0) return 0;
  return Math.ceil(Math.min(LIMITS.leastSecondsMax, LIMITS.leastGrowth ** beyond));
};

/** A slot of its source is free again at an unknown time: soon, and apart from the others. In ms. */
export const slotWaitMs = (receives: number, random: Random): number =>
  grown(LIMITS.slotWaitMs, receives, LIMITS.slotWaitMsMax) * (1 + random.next());

/** A paused job's message stays away about as long as it has been paused already. In seconds. */
export const pausedSeconds = (receives: number): number =>
  doubled(LIMITS.pauseWaitSecondsMin, receives - 1, LIMITS.pauseWaitSecondsMax);

/** Until the job before it in its group has ended, in whole seconds. */
export const turnSeconds = (receives: number): number =>
  Math.ceil(grown(LIMITS.turnWaitSecondsMin, receives, LIMITS.turnWaitSecondsMax));

/** After a fault of ours (table or queue out of reach), in whole seconds. */
export const faultSeconds = (receives: number): number =>
  Math.ceil(grown(LIMITS.faultDelaySeconds, receives, LIMITS.faultDelaySecondsMax));

/**
 * Until a host may be there: `soon` when one only lacks a free slot. Quick at first, then with the
 * growth of any wait. In ms.
 * @param looks before this one
 */
export const hostWaitMs = (looks: number, soon: boolean, random: Random): number => {
  const quick = soon ? LIMITS.slotWaitSecondsMax : LIMITS.hostWaitSecondsMax;
  const most = soon ? LIMITS.hostSlotPatienceSeconds : LIMITS.hostPatienceSeconds;
  const quickly = doubled(LIMITS.hostWaitSecondsMin, looks, quick);
  const seconds = quickly < quick ? quickly : grown(quick, looks, most);
  return 1_000 * halfJitter(seconds, random);
};
