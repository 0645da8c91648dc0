/** Keeps a shadow at work: it is told of job files and of results by the file system. */
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Comparison, Shadow } from '#shared/legacy/bridge/shadow.ts';
import { openChanges } from '../changes.ts';
import { readerLeft } from '../print.ts';
import type { RelayPaths } from './relayFolders.ts';

const SWEEP_MS = 500;
const RESULT = '.result.json';

/** The core removes a result as soon as it has read it: so the file is read at once. */
const noteResult = async (shadow: Shadow, folder: string, file: string | null): Promise<void> => {
  if (!file?.endsWith(RESULT)) return;
  const text = await readFile(join(folder, file), 'utf8').catch(() => '');
  shadow.note(file.slice(0, -RESULT.length), text);
};

/** Compares until Ctrl-C, or until the output has no reader. */
export const runShadow = async (
  shadow: Shadow,
  paths: RelayPaths,
  tell: (comparison: Comparison) => void,
): Promise<void> => {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const signal = AbortSignal.any([stop.signal, readerLeft]);
  const changes = openChanges();
  const jobs = watch(paths.out, changes.tell);
  const results = watch(paths.in, (_event, file) => void noteResult(shadow, paths.in, file));
  try {
    while (!signal.aborted) {
      await shadow.take();
      for (const comparison of await shadow.compare()) tell(comparison);
      await changes.next(SWEEP_MS, signal);
    }
  } finally {
    jobs.close();
    results.close();
  }
};
