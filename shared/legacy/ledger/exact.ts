/**
 * JSON that keeps the spelling of numbers. Through a float, a number would change and break hashes.
 */
import { sha256 } from '#shared/kernel/json.ts';

/** A JSON value whose numbers keep their spelling. */
export type Exact = string | boolean | null | Lexeme | readonly Exact[] | ExactObject;
export interface ExactObject {
  readonly [key: string]: Exact;
}

/** A number, as its JSON text spells it. */
export class Lexeme {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Parses JSON; each number becomes a {@link Lexeme}.
 * @throws SyntaxError for text that is no JSON
 */
export const parseExact = (text: string): Exact =>
  JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? new Lexeme(context?.source ?? String(value)) : value,
  ) as Exact;

const byCodePoint = (a: string, b: string): number => {
  const [x, y] = [[...a], [...b]];
  for (const [index, char] of x.entries()) {
    const difference = (char.codePointAt(0) ?? 0) - (y[index]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
};

/** The text that the original system hashed: sorted keys, no spaces, no unneeded escapes. */
export const canonicalExact = (value: Exact): string => {
  if (value instanceof Lexeme) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonicalExact).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value as ExactObject).sort(([a], [b]) => byCodePoint(a, b));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalExact(item)}`).join(',')}}`;
};

/** The text that the original system wrote into its files: two spaces for each level. */
export const printExact = (value: Exact, indent = ''): string => {
  if (value instanceof Lexeme) return value.text;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => printExact(item, inner))
    : Object.entries(value as ExactObject).map(
        ([key, item]) => `${JSON.stringify(key)}: ${printExact(item, inner)}`,
      );
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (lines.length === 0) return `${open}${close}`;
  return `${open}\n${lines.map((line) => inner + line).join(',\n')}\n${indent}${close}`;
};

/** SHA-256 of the canonical text and a suffix, as 64 hexadecimal digits. */
export const hashExact = (value: Exact, suffix = ''): string =>
  sha256(`${canonicalExact(value)}${suffix}`);

/** A whole number of units of 10^-`digits` as a decimal number: `12.5`, `900`. */
export const unscaled = (units: bigint, digits: number): string => {
  const [sign, size] = units < 0n ? ['-', -units] : ['', units];
  const text = String(size).padStart(digits + 1, '0');
  const fraction = text.slice(-digits).replace(/0+$/, '');
  return `${sign}${text.slice(0, -digits)}${fraction && `.${fraction}`}`;
};

/**
 * A decimal number in units of 10^-`digits`, as a whole number, rounded half away from zero.
 * @throws RangeError for text that is no decimal number
 */
export const scaled = (text: string, digits: number): bigint => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === '') throw new RangeError(`"${text}" is no decimal number`);
  const shift = Number(exponent) - fraction.length + digits;
  const value = BigInt(whole + fraction);
  const exact =
    shift >= 0
      ? value * 10n ** BigInt(shift)
      : (value + 10n ** BigInt(-shift) / 2n) / 10n ** BigInt(-shift);
  return sign === '-' ? -exact : exact;
};
