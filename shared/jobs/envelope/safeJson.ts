/**
 * JSON.parse that refuses values which would break a later store or merge (depth, NUL, `__proto__`)
 * or would be changed silently (lone surrogates, numbers beyond a double).
 */

import { isExact, mayBeInexact } from '#shared/kernel/decimals.ts';
import type { Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import { clipped } from '#shared/kernel/text.ts';
import type { EnvelopeIssue } from './issue.ts';

const BYTE_ORDER_MARK = '\uFEFF';
const SHOWN_MAX = 40;

interface Fault {
  readonly code: EnvelopeIssue['code'];
  readonly reason: string;
  readonly path: readonly string[];
}

/** Replaces a number that a double cannot hold, and keeps its digits. */
class Inexact {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

const fault = (code: Fault['code'], reason: string): Fault => ({ code, reason, path: [] });

const textFault = (text: string): Fault | undefined => {
  if (text.includes('\0')) return fault('NUL_BYTE', 'contains a NUL byte');
  if (!text.isWellFormed())
    return fault('LONE_SURROGATE', 'contains half of a surrogate pair, which UTF-8 cannot hold');
  return undefined;
};

const keyFault = (key: string): Fault | undefined => {
  if (key === '__proto__') return fault('PROTOTYPE_KEY', 'the key "__proto__" is not allowed');
  return textFault(key);
};

const inexactReason = (source: string): string =>
  `${clipped(source, SHOWN_MAX)} would become ${Number(source)}: send it as text`;

/** Checks the depth before each step down, so that deep input cannot overflow the stack. */
const faultIn = (value: unknown, depth: number): Fault | undefined => {
  if (depth > LIMITS.jsonDepthMax)
    return fault('TOO_DEEP', `nested deeper than ${LIMITS.jsonDepthMax} levels`);
  if (typeof value === 'string') return textFault(value);
  if (value instanceof Inexact) return fault('NUMBER_INEXACT', inexactReason(value.source));
  if (Array.isArray(value)) return faultInside(value, depth);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const found = keyFault(key) ?? faultIn(child, depth + 1);
    if (found) return { ...found, path: [key, ...found.path] };
  }
  return undefined;
};

const faultInside = (items: readonly unknown[], depth: number): Fault | undefined => {
  for (let index = 0; index < items.length; index += 1) {
    const found = faultIn(items[index], depth + 1);
    if (found) return { ...found, path: [String(index), ...found.path] };
  }
  return undefined;
};

/** The path of a field for people, with dots: bounded in length, NUL made visible. */
export const pathText = (keys: readonly PropertyKey[]): string =>
  clipped(keys.map(String).join('.').replaceAll('\0', '\\0'), LIMITS.issuePathMax);

/** An issue whose message begins with the field's path. An empty path means the whole body. */
export const issueAt = (
  code: EnvelopeIssue['code'],
  path: string,
  reason: string,
): EnvelopeIssue => {
  const message = path === '' ? reason : `${path}: ${reason}`;
  return { code, path, message: clipped(message, LIMITS.errorMessageMax) };
};

const withInexact = (body: string): unknown =>
  JSON.parse(body, (_key, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && !isExact(context.source)
      ? new Inexact(context.source)
      : value,
  );

/** Parses a message body into JSON that is safe to keep and to pass on. Throws nothing. */
export const parseHostileJson = (body: string): Result<Json, EnvelopeIssue> => {
  if (body.startsWith(BYTE_ORDER_MARK))
    return err(
      issueAt('NOT_JSON', '', 'the body begins with a byte order mark (U+FEFF): leave it out'),
    );
  let value: Json;
  try {
    value = JSON.parse(body) as Json;
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unreadable';
    return err(issueAt('NOT_JSON', '', `the body is not JSON: ${detail}`));
  }
  // JSON.parse recurses when it has a reviver, so the depth is checked before.
  const found =
    faultIn(value, 0) ?? (mayBeInexact(body) ? faultIn(withInexact(body), 0) : undefined);
  return found ? err(issueAt(found.code, pathText(found.path), found.reason)) : ok(value);
};
