/**
 * The generic cell rate algorithm with reservation: starts are evenly spaced, `burst` of them may
 * come at once, and a start that must wait is told its time when it asks. Pure; times in ms.
 */
export interface Rate {
  readonly perMinute: number;
  readonly burst: number;
}

const spacingMs = ({ perMinute }: Rate): number => 60_000 / perMinute;

/** How far `count` starts move the theoretical arrival time, in whole ms. */
export const advanceMs = (rate: Rate, count: number): number => Math.ceil(count * spacingMs(rate));

/**
 * When each of `count` starts may be.
 * @param base the theoretical arrival time before them, never before `now`
 */
export const startsOf = (
  rate: Rate,
  base: number,
  now: number,
  count: number,
): readonly number[] => {
  // One product: the last start of a burst falls on `base` itself, whatever the spacing's digits.
  const offset = (index: number): number => (index - rate.burst + 1) * spacingMs(rate);
  return Array.from({ length: count }, (_, index) =>
    Math.max(now, Math.ceil(base + offset(index))),
  );
};
