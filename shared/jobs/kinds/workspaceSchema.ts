/** Payload fields of the workspace kinds. Unknown fields are ignored, as in the original system. */
import * as v from 'valibot';

/** The name of a workspace; `default` when absent. */
export const workspaceName = v.optional(
  v.pipe(
    v.string(),
    v.regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9, ".", "_", "-"'),
  ),
  'default',
);

/** The payload of the kinds that list files. */
export const listPayload = v.object({
  workspace: workspaceName,
  root: v.optional(v.string(), ''),
  patterns: v.optional(v.array(v.string()), ['*']),
  recursive: v.optional(v.boolean()),
});
