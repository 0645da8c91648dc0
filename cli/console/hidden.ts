/**
 * What the page shows in place of sensitive values: a mark that tells one value from another and
 * says nothing of either. A redrive with an edited payload puts the values back in their marks.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { type Cover, hideFields } from '#shared/jobs/kinds/sensitive.ts';
import type { Json } from '#shared/kernel/json.ts';
import { CliError, EXIT } from '../errors.ts';

/** Without the key, which ends with the console, no guess of a value can be tried on its mark. */
const KEY = randomBytes(32);
const DIGITS = 10;
const MARK = /\[hidden [0-9a-f]{10}\]/;

/** The mark of a value at its path. */
export const markOf: Cover = (hidden, path) => {
  const digest = createHmac('sha256', KEY)
    .update(JSON.stringify([path, hidden]))
    .digest('hex');
  return `[hidden ${digest.slice(0, DIGITS)}]`;
};

/** Whether a mark is in the value. */
export const hasMarks = (value: unknown): boolean => MARK.test(JSON.stringify(value) ?? '');

const UNKNOWN =
  'The payload has a mark of a hidden value that is not of this job, or that was changed. Leave marks as they are, or write a new value in their place.';

/**
 * The patch with the payload's own values in place of their marks.
 *
 * @param paths the sensitive fields of the job's kind
 * @throws CliError for a mark that stands for no value of this payload
 */
export const withoutMarks = (patch: Json, payload: Json, paths: readonly string[]): Json => {
  const values = new Map<string, Json>();
  hideFields(payload, paths, (hidden, path) => {
    const mark = markOf(hidden, path);
    values.set(mark, hidden);
    return mark;
  });
  const ownOf = (text: string): Json => {
    const own = MARK.test(text) ? values.get(text) : text;
    if (own === undefined) throw new CliError(UNKNOWN, EXIT.usage);
    return own;
  };
  const restored = (value: Json): Json => {
    if (typeof value === 'string') return ownOf(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(restored);
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, restored(each)]));
  };
  return restored(patch);
};
