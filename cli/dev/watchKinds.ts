/** Builds a project's kinds again whenever one of their files changes. */
import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { type BuiltWorker, KindsError, type OwnKinds } from '#client/dev/ownKinds.ts';

/**
 * How long files must be unchanged before a build, in ms: editors write a file in several steps.
 */
const SETTLE_MS = 40;

export interface KindsWatch {
  stop(): void;
}

export interface WatchedKinds {
  /** Called with each build whose kinds can be loaded, and with its time in ms. */
  readonly onBuilt: (worker: BuiltWorker, ms: number) => void;
  /** Called when a build fails; the last good build stays. */
  readonly onFault: (fault: KindsError) => void;
}

/**
 * Watches the folders of the last build's files. Many editors save by renaming a new file over the
 * old one, which a watch of the file would miss.
 *
 * @param sources absolute paths of the first build's files
 */
export const watchKinds = (
  kinds: OwnKinds,
  sources: readonly string[],
  { onBuilt, onFault }: WatchedKinds,
): KindsWatch => {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let building = Promise.resolve();
  let stopped = false;
  /** The files of the last good build. */
  let good = sources;
  /** The last reported fault: when an editor saves twice, the fault is reported once. */
  let said = '';

  const look = (files: readonly string[]): void => {
    const folders = new Set(files.map((file) => dirname(file)));
    for (const [folder, watcher] of watchers)
      if (!folders.has(folder)) {
        watcher.close();
        watchers.delete(folder);
      }
    for (const folder of folders)
      if (!watchers.has(folder)) watchers.set(folder, watch(folder, onChange));
  };
  const rebuild = async (): Promise<void> => {
    if (stopped) return;
    try {
      const began = performance.now();
      const worker = await kinds.build();
      if (stopped) return;
      said = '';
      good = worker.sources;
      look(good);
      onBuilt(worker, performance.now() - began);
    } catch (error) {
      if (!(error instanceof KindsError)) throw error;
      // A file that the last good build did not have may be the one to fix.
      look([...good, ...error.sources]);
      if (error.message !== said) onFault(error);
      said = error.message;
    }
  };
  function onChange(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      building = building.then(rebuild);
    }, SETTLE_MS);
  }
  look(good);
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
};
