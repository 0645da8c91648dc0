/**
 * The generic cell rate algorithm with reservation: starts are evenly spaced, and `burst` starts
 * may come at once. A start that must wait learns its time when it asks. Pure; all times in ms.
 */
export interface Rate {
  readonly perMinute: number;
  readonly burst: number;
}

const spacingMs = ({ perMinute }: Rate): number => 60_000 / perMinute;

/** By how much `count` starts move the theoretical arrival time, in whole ms. */
export const advanceMs = (rate: Rate, count: number): number => Math.ceil(count * spacingMs(rate));

/**
 * The times of `count` starts, in ms since the epoch.
 * @param base the theoretical arrival time before these starts; never before `now`
 */
export const startsOf = (
  rate: Rate,
  base: number,
  now: number,
  count: number,
): readonly number[] => {
  // One multiplication, so that rounding cannot move the last start of a burst away from `base`.
  const offset = (index: number): number => (index - rate.burst + 1) * spacingMs(rate);
  return Array.from({ length: count }, (_, index) =>
    Math.max(now, Math.ceil(base + offset(index))),
  );
};
