import { defineJob, PermanentError } from 'sheratan';
import * as v from 'valibot';

/** Counts the words of a file in the workspace "default". */
export const countWords = defineJob({
  kind: 'words.count',
  payload: v.strictObject({ path: v.string() }),
  timeoutSeconds: 30,
  run: async ({ path }, { workspaces, signal }) => {
    const file = await workspaces.read('default', path, { limitBytes: 1_000_000, signal });
    if (!file) throw new PermanentError(`there is no file ${path}`, { code: 'FILE_NOT_FOUND' });
    return { path, words: file.text.split(/\s+/).filter(Boolean).length };
  },
});
