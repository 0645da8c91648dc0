/** `read_file`, `read_file_batch`: texts of files, cut in the middle as in the original system. */
import * as v from 'valibot';
import { mapPool } from '#shared/kernel/pool.ts';
import { defineJob } from './defineJob.ts';
import { PermanentError } from './errors.ts';
import { filePath } from './workspacePath.ts';
import { workspaceName } from './workspaceSchema.ts';

const FILE_BYTES_MAX = 4_194_304;
const SHOWN_MAX = 1_000;
const SHOWN_EDGE = 500;
const BATCH_MAX = 10;
const READS_AT_ONCE = 5;

interface Excerpt {
  readonly content: string;
  readonly truncated: boolean;
}

/** The text, without its middle when it has over 1,000 characters and `full` is false. */
export const excerpt = (text: string, full: boolean): Excerpt => {
  if (full || text.length <= SHOWN_MAX) return { content: text, truncated: false };
  const content = `${text.slice(0, SHOWN_EDGE)}\n... [TRUNCATED] ...\n${text.slice(-SHOWN_EDGE)}`;
  // The cut may split a surrogate pair, and a lone surrogate is refused in a payload.
  return { content: content.toWellFormed(), truncated: true };
};

const metadata = (text: string, isTruncated: boolean) => ({
  char_count: text.length,
  word_count: text.split(/\s+/).filter((word) => word !== '').length,
  line_count: text === '' ? 0 : text.replace(/\n$/, '').split('\n').length,
  is_truncated: isTruncated,
});

const missing = (path: string, workspace: string): string =>
  `file does not exist: ${path} in workspace "${workspace}"; add it with: sheratan workspace push DIR --name ${workspace}`;

/** Reads at most 4 MiB of a file. Throws PermanentError FILE_NOT_FOUND for a missing file. */
export const readFile = defineJob({
  kind: 'read_file',
  payload: v.object({
    workspace: workspaceName,
    path: v.string(),
    root: v.optional(v.string()),
    full_content: v.optional(v.boolean(), false),
  }),
  timeoutSeconds: 60,
  run: async (payload, { workspaces, signal }) => {
    const path = filePath(payload.root ? `${payload.root}/${payload.path}` : payload.path);
    const options = { limitBytes: FILE_BYTES_MAX, signal };
    const file = await workspaces.read(payload.workspace, path, options);
    if (!file)
      throw new PermanentError(missing(path, payload.workspace), { code: 'FILE_NOT_FOUND' });
    const { content, truncated } = excerpt(file.text, payload.full_content);
    return {
      ok: true,
      action: 'read_file_result',
      path,
      content,
      _metadata: metadata(file.text, truncated || file.truncated),
    };
  },
});

/** Reads up to 10 files. A missing file has an `error` in the result; the job completes. */
export const readFileBatch = defineJob({
  kind: 'read_file_batch',
  payload: v.object({
    workspace: workspaceName,
    paths: v.array(v.string()),
    limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), BATCH_MAX),
    full_content: v.optional(v.boolean(), false),
  }),
  timeoutSeconds: 120,
  run: async (payload, { workspaces, signal }) => {
    const limit = Math.min(payload.limit, BATCH_MAX);
    const paths = payload.paths.slice(0, limit).map(filePath);
    const options = { limitBytes: FILE_BYTES_MAX, signal };
    const entries = await mapPool(paths, READS_AT_ONCE, async (path) => {
      const file = await workspaces.read(payload.workspace, path, options);
      if (!file) return [path, { error: missing(path, payload.workspace) }] as const;
      const shown = excerpt(file.text, payload.full_content);
      return [path, { ...shown, truncated: shown.truncated || file.truncated }] as const;
    });
    return {
      ok: true,
      action: 'read_file_batch_result',
      files: Object.fromEntries(entries),
      truncated:
        payload.paths.length > limit ||
        entries.some(([, file]) => 'truncated' in file && file.truncated),
      count: entries.length,
      limits: { max_files: limit },
    };
  },
});
