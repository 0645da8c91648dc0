/**
 * `write_file`: replaces or extends a file. S3 has no append, so an append is a read and a write.
 * Send all appends to a file in one group, whose jobs run one after another.
 */
import * as v from 'valibot';
import { byteLength } from '#shared/kernel/json.ts';
import { defineJob } from './defineJob.ts';
import { PermanentError } from './errors.ts';
import { filePath } from './workspacePath.ts';
import { workspaceName } from './workspaceSchema.ts';

const APPEND_BYTES_MAX = 4_194_304;

/** Throws PermanentError FILE_TOO_LARGE for an append to a file of more than 4 MiB. */
export const writeFile = defineJob({
  kind: 'write_file',
  payload: v.object({
    workspace: workspaceName,
    path: v.string(),
    content: v.string(),
    mode: v.optional(v.picklist(['overwrite', 'append']), 'overwrite'),
  }),
  timeoutSeconds: 60,
  run: async ({ workspace, path: given, content, mode }, { workspaces, signal }) => {
    const path = filePath(given);
    const options = { limitBytes: APPEND_BYTES_MAX, signal };
    const before = mode === 'append' ? await workspaces.read(workspace, path, options) : undefined;
    if (before?.truncated)
      throw new PermanentError(
        `${path} is larger than ${APPEND_BYTES_MAX} bytes, too large to append to`,
        {
          code: 'FILE_TOO_LARGE',
        },
      );
    const text = `${before?.text ?? ''}${content}`;
    await workspaces.write(workspace, path, text, { signal });
    return {
      ok: true,
      action: 'write_file_result',
      path,
      mode,
      bytes_written: byteLength(content),
    };
  },
});
