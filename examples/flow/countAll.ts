import { defineJob } from 'sheratan';
import * as v from 'valibot';
import { countWords } from '../kind/countWords.ts';

/** Adds up what the jobs of one flow counted. */
export const sumWords = defineJob({
  kind: 'words.sum',
  payload: v.strictObject({ counts: v.array(v.number()) }),
  run: async ({ counts }) => ({
    files: counts.length,
    words: counts.reduce((sum, words) => sum + words, 0),
  }),
});

/** Counts the words of all files below a folder: one job for each file, and one for the sum. */
export const countAll = defineJob({
  kind: 'words.countAll',
  payload: v.strictObject({ folder: v.string() }),
  run: async ({ folder }, { workspaces, enqueue, signal }) => {
    const options = { recursive: true, limit: 1_000, signal };
    const { files } = await workspaces.list('default', folder, options);
    const ids = files.map(({ path }) => enqueue({ kind: countWords.kind, payload: { path } }));
    // Who names the result of a job waits for that job.
    const counts = ids.map((id) => ({ $result: id, path: '/words' }));
    return { sumId: enqueue({ kind: sumWords.kind, payload: { counts } }) };
  },
});
