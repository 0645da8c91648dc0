/** `mesh.dispatch`: the job's work is done by a host of the mesh, which its cost pays. */
import * as v from 'valibot';
import type { Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { defineJob } from './defineJob.ts';

const label = v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.labelLengthMax));

export const dispatch = defineJob({
  kind: 'mesh.dispatch',
  payload: v.strictObject({
    /** A capability of the host. */
    kind: v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.kindLengthMax)),
    input: v.optional(v.unknown()),
    /** All of them must be the host's. */
    tags: v.optional(v.array(label)),
  }),
  // Waiting for a host is bounded by the job's deadline.
  retry: { maxSnoozes: LIMITS.snoozesMax },
  // The payload came as JSON, so its input is some.
  run: ({ kind, input = null, tags = [] }, context) =>
    context.dispatch({ kind, input: input as Json, tags }),
});
