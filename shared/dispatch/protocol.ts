/**
 * The messages of the mesh and a host (docs/host-protocol.md). The types and
 * docs/schema/host-protocol.schema.json are made from these schemas.
 */
import * as v from 'valibot';
import { LIMITS } from '#shared/kernel/limits.ts';

/** In lower case, as Node gives them. */
export const HOST_HEADERS = {
  id: 'idempotency-key',
  attempt: 'sheratan-attempt',
  /** ms since the epoch. */
  deadline: 'sheratan-deadline',
  trace: 'x-amzn-trace-id',
  signature: 'webhook-signature',
} as const;

export const HOST_PATHS = { health: '/health', capacity: '/capacity', run: '/run' } as const;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const text = (max: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(max));

export const healthSchema = v.object({
  status: v.picklist(['ok', 'busy', 'draining']),
  active: count,
  capacity: count,
});

export const capacitySchema = v.object({
  active: count,
  capacity: count,
  draining: v.boolean(),
  kinds: v.array(text(LIMITS.kindLengthMax)),
});

export const runSchema = v.object({
  jobId: text(LIMITS.idLengthMax),
  kind: text(LIMITS.kindLengthMax),
  attempt: v.pipe(v.number(), v.integer(), v.minValue(1)),
  input: v.unknown(),
});

export const resultSchema = v.object({ result: v.unknown() });

export const problemSchema = v.object({
  error: v.object({ code: text(LIMITS.labelLengthMax), message: v.string() }),
});

export type Health = v.InferOutput<typeof healthSchema>;
export type Capacity = v.InferOutput<typeof capacitySchema>;
export type RunOrder = v.InferOutput<typeof runSchema>;
