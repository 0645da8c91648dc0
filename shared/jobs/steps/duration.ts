/** Lengths of time, as a handler writes them. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { StepUseError } from './errors.ts';

/** A length of time: the sum of its parts. At most 366 days. */
export interface Duration {
  /** Days of 24 hours; 0 by default, as all parts. */
  readonly days?: number;
  /** Hours. */
  readonly hours?: number;
  /** Minutes. */
  readonly minutes?: number;
  /** Seconds. */
  readonly seconds?: number;
}

/**
 * A duration in whole ms.
 * @throws StepUseError DURATION_INVALID for a part that is no number from 0, or a sum beyond 366 days
 */
export const durationMs = (duration: Duration): number => {
  const { days = 0, hours = 0, minutes = 0, seconds = 0 } = duration;
  const sum = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
  const isLength = [days, hours, minutes, seconds].every((part) => part >= 0);
  if (isLength && sum <= LIMITS.horizonSecondsMax) return Math.ceil(sum * 1_000);
  const why = `${JSON.stringify(duration)}: days, hours, minutes and seconds are numbers from 0, together at most 366 days`;
  throw new StepUseError('DURATION_INVALID', why);
};
