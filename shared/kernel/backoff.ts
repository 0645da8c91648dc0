/** How long to wait before the next try: one way to grow, two ways to spread the tries. Pure. */
import type { Random } from './ports.ts';

/** Every bound is reached before 2^30, and a much larger exponent would give Infinity. */
const DOUBLINGS_MAX = 30;

/**
 * A wait that doubles with each try, up to `most`. In the unit of `first` and `most`.
 * @param tries how many tries came before; 0 gives `first`
 */
export const doubled = (first: number, tries: number, most = Number.POSITIVE_INFINITY): number =>
  Math.min(most, first * 2 ** Math.min(tries, DOUBLINGS_MAX));

/** Uniform from 0 to `most`, so that callers that failed together do not come back together. */
export const fullJitter = (most: number, random: Random): number => random.next() * most;

/** Uniform from half of `most` to `most`: spread, and never without a wait. */
export const halfJitter = (most: number, random: Random): number =>
  most * (0.5 + random.next() / 2);
