import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runJob } from 'sheratan/testing';
import { countWords } from './countWords.ts';

/** A workspace with one file. */
const workspaces = {
  list: () => assert.fail('the kind lists nothing'),
  write: () => assert.fail('the kind writes nothing'),
  read: async (_workspace: string, path: string) =>
    path === 'a.txt' ? { text: 'three little\nwords\n', bytes: 19, truncated: false } : undefined,
};

test('counts the words of a file', async () => {
  const { result } = await runJob(countWords, { path: 'a.txt' }, { workspaces });
  assert.deepEqual(result, { path: 'a.txt', words: 3 });
});

test('fails for good without the file', async () => {
  const run = runJob(countWords, { path: 'b.txt' }, { workspaces });
  await assert.rejects(run, { name: 'PermanentError', code: 'FILE_NOT_FOUND' });
});

test('refuses a payload that its schema refuses', async () => {
  const payload = { path: 7 } as unknown as { path: string };
  await assert.rejects(runJob(countWords, payload), { code: 'PAYLOAD_INVALID' });
});
