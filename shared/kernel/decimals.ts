/** Which decimal numbers in JSON keep their value as a JavaScript number (an IEEE 754 double). */

/** 17 significant digits identify every double, so some languages write that many (`%.17g`). */
const DIGITS_OF_A_DOUBLE = 17;

interface Decimal {
  /** Without leading and trailing zeros; empty for zero. */
  readonly digits: string;
  /** The power of ten of the last digit. */
  readonly exponent: number;
}

/** Takes linear time for any text. A pattern that trims zeros would backtrack. */
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
 * Whether a number in JSON has the same value after it was read and written again. A fraction may
 * have up to 17 digits, more than JavaScript writes for its double; a whole number must be exact.
 * @param source the number as the JSON text spells it
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

/** Whether a JSON text may hold an inexact number. Up to 15 digits and 10^±99 are always exact. */
export const mayBeInexact = (text: string): boolean => /[\d.]{16}|\d[eE][-+]?\d{3}/.test(text);
