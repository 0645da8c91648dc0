/** References to other jobs' results in a payload: `{"$result": "<job id>", "path": "/a/b"}`. */
import { isJsonObject, type Json, type JsonObject } from '#shared/kernel/json.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';

interface Reference {
  readonly $result: string;
  /** JSON Pointer (RFC 6901) into the result; the whole result when absent. */
  readonly path?: string;
}

const isReference = (value: JsonObject): value is JsonObject & Reference => {
  const { $result, path, ...others } = value;
  if (typeof $result !== 'string' || $result === '') return false;
  return (path === undefined || typeof path === 'string') && Object.keys(others).length === 0;
};

/** The ids of the jobs whose results the payload refers to, each once. */
export const referencesIn = (payload: unknown): readonly string[] => {
  const ids = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isJsonObject(value)) {
      if (isReference(value)) ids.add(value.$result);
      else Object.values(value).forEach(visit);
    }
  };
  visit(payload);
  return [...ids];
};

const unescaped = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~');

const step = (value: unknown, segment: string): unknown => {
  if (Array.isArray(value))
    return /^(?:0|[1-9]\d*)$/.test(segment) ? value[Number(segment)] : undefined;
  return isJsonObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
};

/** The value at a JSON Pointer (RFC 6901); undefined when there is none. */
export const pointedAt = (value: unknown, pointer: string): unknown => {
  if (pointer === '') return value;
  if (!pointer.startsWith('/')) return undefined;
  return pointer.slice(1).split('/').map(unescaped).reduce(step, value);
};

/**
 * Replaces references by results. The error names all references that cannot be resolved; none of
 * them is left in the payload as it is.
 * @param results the results of completed jobs, by job id
 */
export const resolveReferences = (
  payload: unknown,
  results: ReadonlyMap<string, Json | undefined>,
): Result<unknown, string> => {
  const missing: string[] = [];
  const resolve = ({ $result, path = '' }: Reference): unknown => {
    const value = results.has($result) ? pointedAt(results.get($result), path) : undefined;
    if (value === undefined) missing.push(`${$result}${path === '' ? '' : ` at ${path}`}`);
    return value;
  };
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (!isJsonObject(value)) return value;
    if (isReference(value)) return resolve(value);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item)]));
  };
  const resolved = visit(payload);
  return missing.length === 0
    ? ok(resolved)
    : err(`no result of ${missing.join(', ')} to put into the payload`);
};
