/** JSON values, their canonical form (keys sorted by code point, no spaces) and their hash. */
import { createHash } from 'node:crypto';

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object, and neither an array nor null. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parses JSON; undefined when `text` is no JSON. Never throws. */
export const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const byCodePoint = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The canonical JSON text: equal values give equal texts, in whatever order their keys are. */
export const canonicalJson = (value: Json): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value as Readonly<Record<string, Json>>)
    .sort(([a], [b]) => byCodePoint(a, b))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${entries.join(',')}}`;
};

/**
 * JSON text with an escape for every character beyond ASCII. SQS refuses some characters (U+FFFE,
 * U+FFFF), and UTF-8 cannot carry others (lone surrogates); escapes pass everywhere.
 */
export const asciiText = (json: string): string =>
  json.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** JSON text that every queue takes, whatever `value` holds. @throws TypeError for undefined */
export const asciiJson = (value: unknown): string => asciiText(JSON.stringify(value));

/** SHA-256 of the UTF-8 text, as 64 hexadecimal digits. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The size of `text` in UTF-8, in bytes. */
export const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8');
