/** How long to wait before the next try: one growth, and two ways to keep tries apart. Pure. */
import type { Random } from './ports.ts';

/** A larger exponent changes nothing below any bound, and would end as Infinity. */
const DOUBLINGS_MAX = 30;

/**
 * Twice as long with each try, up to `most`. In the unit of `first` and `most`.
 * @param tries before this one; 0 gives `first`
 */
export const doubled = (first: number, tries: number, most = Number.POSITIVE_INFINITY): number =>
  Math.min(most, first * 2 ** Math.min(tries, DOUBLINGS_MAX));

/** Uniform from 0 to `most`: callers that failed together do not come back together. */
export const fullJitter = (most: number, random: Random): number => random.next() * most;

/** Uniform from half of `most` to `most`: apart from others, and never at once. */
export const halfJitter = (most: number, random: Random): number =>
  most * (0.5 + random.next() / 2);
