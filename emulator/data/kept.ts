/**
 * A value that is kept beyond the process in one JSON file. After a crash the file holds the old
 * value or the new value, never a part.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { LocalCloudError } from '../errors.ts';

export interface KeptFile<T> {
  /**
   * undefined when nothing was written yet.
   *
   * @throws LocalCloudError `DATA_FOLDER_DAMAGED` when the file is not JSON
   */
  read(): T | undefined;
  write(value: T): void;
}

/** For a cloud without a data folder: writes nothing, reads `undefined`. */
export const notKept = <T>(): KeptFile<T> => ({ read: () => undefined, write: () => undefined });

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/**
 * The value is on the disk before `write` returns. Only the owner may read the file: it may hold
 * secrets.
 */
export const keptIn = <T>(path: string): KeptFile<T> => ({
  read: () => {
    const text = textOf(path);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new LocalCloudError('DATA_FOLDER_DAMAGED', `${path} is not JSON: ${String(error)}`, {
        cause: error,
      });
    }
  },
  write: (value) => {
    const fresh = `${path}.new`;
    writeFileSync(fresh, JSON.stringify(value), { mode: 0o600, flush: true });
    renameSync(fresh, path);
  },
});
