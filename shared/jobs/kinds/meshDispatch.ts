/** `mesh.dispatch`: a host of the mesh does the job's work, and the job's cost pays the host. */
import * as v from 'valibot';
import type { Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { defineJob } from './defineJob.ts';

const label = v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.labelLengthMax));

/** Completes with the host's result. */
export const dispatch = defineJob({
  kind: 'mesh.dispatch',
  payload: v.strictObject({
    /** A capability that the host must have. */
    kind: v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.kindLengthMax)),
    input: v.optional(v.unknown()),
    /** The host must have all these tags. */
    tags: v.optional(v.array(label)),
  }),
  // The most snoozes: only the job's deadline shall bound the wait for a host.
  retry: { maxSnoozes: LIMITS.snoozesMax },
  // The payload was parsed from JSON, so the cast of its input is true.
  run: ({ kind, input = null, tags = [] }, context) =>
    context.dispatch({ kind, input: input as Json, tags }),
});
