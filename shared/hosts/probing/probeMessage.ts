/** Parses the messages of the probes queue. */
import * as v from 'valibot';
import { readTime, timeOf } from '#shared/kernel/time.ts';
import type { ProbeMessage } from '../ports.ts';

/**
 * Thrown for a message that the mesh does not send; it ends in the dead-letter queue with its body.
 */
export class ProbeMessageError extends Error {
  override readonly name = 'ProbeMessageError';
  readonly code = 'PROBE_MESSAGE_INVALID';
}

const ms = v.pipe(v.number(), v.integer(), v.minValue(0));
/** The rule of each minute gives its time as text. */
const moment = v.union([
  ms,
  v.pipe(
    v.string(),
    v.check((text) => readTime(text) !== undefined, 'must be a time of RFC 3339'),
    v.transform(timeOf),
  ),
]);
const name = v.pipe(v.string(), v.nonEmpty());

const schema = v.variant('kind', [
  v.strictObject({ kind: v.literal('minute'), at: moment }),
  v.strictObject({ kind: v.literal('shard'), shard: name, at: ms }),
  v.strictObject({
    kind: v.literal('suspect'),
    shard: name,
    host: name,
    at: ms,
    detail: v.string(),
  }),
]);

const json = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    throw new ProbeMessageError(`not JSON: ${body.slice(0, 200)}`);
  }
};

/**
 * The message in a body.
 *
 * @throws ProbeMessageError `PROBE_MESSAGE_INVALID`, with the field
 */
export const probeMessageOf = (body: string): ProbeMessage => {
  const parsed = v.safeParse(schema, json(body));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new ProbeMessageError(`${v.getDotPath(issue) ?? 'message'}: ${issue.message}`);
};
