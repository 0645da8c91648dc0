/** JSON.parse, plus what a store or a merge further on would choke on: depth, NUL, `__proto__`. */

import type { Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import type { EnvelopeIssue } from './envelope.ts';

const issue = (code: EnvelopeIssue['code'], path: string, message: string) =>
  err<EnvelopeIssue>({ code, path, message });

interface Visit {
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
}

const childrenOf = ({ value, path, depth }: Visit): Visit[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).map(([key, child]) => ({
        value: child,
        path: path === '' ? key : `${path}.${key}`,
        depth: depth + 1,
      }))
    : [];

const faultOf = ({ value, path, depth }: Visit): EnvelopeIssue | undefined => {
  if (depth > LIMITS.jsonDepthMax)
    return { code: 'TOO_DEEP', path, message: `nested deeper than ${LIMITS.jsonDepthMax} levels` };
  if (path.includes('\0') || (typeof value === 'string' && value.includes('\0')))
    return { code: 'NUL_BYTE', path: path.replaceAll('\0', '\\0'), message: 'contains a NUL byte' };
  if (path === '__proto__' || path.endsWith('.__proto__'))
    return { code: 'PROTOTYPE_KEY', path, message: 'the key "__proto__" is not allowed' };
  return undefined;
};

/** Walks with a stack of its own: hostile depth must not overflow ours. */
const firstFault = (root: unknown): EnvelopeIssue | undefined => {
  const stack: Visit[] = [{ value: root, path: '', depth: 0 }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const fault = faultOf(visit);
    if (fault) return fault;
    stack.push(...childrenOf(visit));
  }
  return undefined;
};

/** Parses a message body into JSON that is safe to keep and to pass on. */
export const parseHostileJson = (body: string): Result<Json, EnvelopeIssue> => {
  let value: Json;
  try {
    value = JSON.parse(body) as Json;
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unreadable';
    return issue('NOT_JSON', '', `the body is not JSON: ${detail.slice(0, 200)}`);
  }
  const fault = firstFault(value);
  return fault ? err(fault) : ok(value);
};
