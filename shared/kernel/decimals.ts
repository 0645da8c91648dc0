/** Which decimal numbers of JSON survive as JavaScript's (IEEE 754 doubles), and which do not. */

/** 17 significant digits name every double, so some languages write as many (`%.17g`). */
const DIGITS_OF_A_DOUBLE = 17;

interface Decimal {
  /** Without zeros at either end; empty for zero. */
  readonly digits: string;
  /** Of the last digit, to the base of ten. */
  readonly exponent: number;
}

/** In linear time, whatever the text: a pattern that trims zeros would go back and forth. */
const decimalOf = (text: string): Decimal => {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(text) ?? [];
  const all = whole + fraction;
  let from = 0;
  while (all[from] === '0') from += 1;
  let to = all.length;
  while (to > from && all[to - 1] === '0') to -= 1;
  const digits = all.slice(from, to);
  if (digits === '') return { digits, exponent: 0 };
  return { digits, exponent: Number(exponent) - fraction.length + all.length - to };
};

const isSame = (one: Decimal, other: Decimal): boolean =>
  one.digits === other.digits && one.exponent === other.exponent;

/**
 * Whether a number of JSON is the same after it was read and written again. A fraction may be
 * spelled with more digits than it takes to name its double; a whole number may not.
 * @param source the number as JSON spells it
 */
export const isExact = (source: string): boolean => {
  const value = Number(source);
  if (!Number.isFinite(value)) return false;
  const kept = String(value);
  if (source === kept) return true;
  const meant = decimalOf(source);
  if (isSame(meant, decimalOf(kept))) return true;
  const { length } = meant.digits;
  const isLongFraction = !Number.isInteger(value) && length <= DIGITS_OF_A_DOUBLE;
  return isLongFraction && isSame(meant, decimalOf(value.toPrecision(length)));
};

/** Whether a JSON text may hold a number that is not exact: up to 15 digits and 10^±99 all are. */
export const mayBeInexact = (text: string): boolean => /[\d.]{16}|\d[eE][-+]?\d{3}/.test(text);
