/** JSON values, their canonical form and hash. Canonical: keys sorted by code point, no spaces. */
import { createHash } from 'node:crypto';

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export type JsonObject = Readonly<Record<string, unknown>>;

/** Not an array, not null. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** undefined when `text` is no JSON; JSON itself is never undefined. */
export const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const byCodePoint = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The same text for equal values, whatever the order of their keys. */
export const canonicalJson = (value: Json): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value as Readonly<Record<string, Json>>)
    .sort(([a], [b]) => byCodePoint(a, b))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${entries.join(',')}}`;
};

/**
 * JSON text with every character beyond ASCII as an escape. SQS refuses some of them (U+FFFE,
 * U+FFFF), UTF-8 cannot carry others (lone surrogates); as escapes all of them pass.
 */
export const asciiText = (json: string): string =>
  json.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** JSON that any queue takes, whatever is in `value`. undefined is no JSON. */
export const asciiJson = (value: unknown): string => asciiText(JSON.stringify(value));

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Size of `text` on the wire, in bytes. */
export const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8');
