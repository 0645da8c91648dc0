/** `list_files`, `walk_tree`: matching files below a directory, in the original system's shape. */

import { matchesGlob } from 'node:path';
import type * as v from 'valibot';
import { defineJob, type JobContext } from './defineJob.ts';
import { PermanentError } from './errors.ts';
import { workspacePath } from './workspacePath.ts';
import { listPayload } from './workspaceSchema.ts';

const LISTED_MAX = 10_000;
const EXCLUDED = new Set([
  '.git',
  'node_modules',
  '__pycache__',
  '.venv',
  'venv',
  '.next',
  'dist',
  'build',
  '.chrome-debug',
]);

const isExcluded = (path: string): boolean =>
  path.split('/').some((segment) => EXCLUDED.has(segment));

/** A pattern without "/" is matched with the file's name, as in the original system. */
const matches = (path: string, patterns: readonly string[]): boolean => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return patterns.some((pattern) => matchesGlob(pattern.includes('/') ? path : name, pattern));
};

const listing = async (
  payload: v.InferOutput<typeof listPayload>,
  recursive: boolean,
  { workspaces, signal }: JobContext,
) => {
  const root = workspacePath(payload.root);
  const list = (deep: boolean, limit: number) =>
    workspaces.list(payload.workspace, root, { recursive: deep, limit, signal });
  const found = await list(recursive, LISTED_MAX);
  // A directory without files of its own may have some further down.
  if (root !== '' && found.files.length === 0 && (await list(true, 1)).files.length === 0)
    throw new PermanentError(`there is no file below ${root}`, { code: 'ROOT_NOT_FOUND' });
  const relative = found.files.map(({ path }) =>
    root === '' ? path : path.slice(root.length + 1),
  );
  const kept = relative.filter((path) => !isExcluded(path));
  const files = kept.filter((path) => matches(path, payload.patterns));
  const skipped = relative.length - kept.length;
  return {
    ok: true,
    action: 'list_files_result',
    root,
    patterns: payload.patterns,
    recursive,
    info: `Listed ${files.length} files (skipped ${skipped} internal/excluded files)`,
    files,
    content: files.join('\n'),
    ...(found.truncated && { truncated: true }),
  };
};

/**
 * Lists one directory; with `recursive` also the directories below. At most 10,000 files are read.
 * Throws PermanentError ROOT_NOT_FOUND for a root without files: a workspace knows no empty directory.
 */
export const listFiles = defineJob({
  kind: 'list_files',
  payload: listPayload,
  timeoutSeconds: 60,
  run: (payload, context) => listing(payload, payload.recursive ?? false, context),
});

/** The same as `list_files`, but recursive by default. */
export const walkTree = defineJob({
  kind: 'walk_tree',
  payload: listPayload,
  timeoutSeconds: 60,
  run: (payload, context) => listing(payload, payload.recursive ?? true, context),
});
