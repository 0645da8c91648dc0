/**
 * A cache of what is made of files, by the hash of these files. An entry is written under a
 * temporary name, then renamed to a name of its own. No process ever changes or replaces an entry,
 * so any number of processes may use the folder at once. Two processes that make the same entry
 * both keep theirs.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const SEAL = 'sealed.json';
const UNFINISHED = 'unfinished-';
/** Older entries are removed, except those that were marked in the last hour as in use. */
const ENTRIES_KEPT = 6;
const IN_USE_MS = 3_600_000;
const MARK_EVERY_MS = 300_000;

/** Writes an entry into an empty folder. */
export type Make = (dir: string) => Promise<unknown>;

export interface Cache {
  /** The folder of a complete entry of the same inputs. */
  find(key: string): string | undefined;
  /**
   * Makes an entry.
   *
   * @returns the folder of the entry
   */
  add(key: string, make: Make): Promise<string>;
}

type Seal = Readonly<Record<string, string>>;

const digest = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex');

const filesIn = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1));

const seal = (dir: string): void => {
  const digests: Seal = Object.fromEntries(
    filesIn(dir).map((name) => [name, digest(join(dir, name))]),
  );
  writeFileSync(join(dir, SEAL), JSON.stringify(digests));
};

/** Whether every file exists and is unchanged. A file that cannot be read counts as missing. */
const isWhole = (dir: string): boolean => {
  try {
    const digests = JSON.parse(readFileSync(join(dir, SEAL), 'utf8')) as Seal;
    return Object.entries(digests).every(
      ([name, expected]) => digest(join(dir, name)) === expected,
    );
  } catch {
    return false;
  }
};

/** Protects the entry from removal for an hour; false when another process has just removed it. */
const markInUse = (dir: string): boolean => {
  const now = new Date();
  try {
    utimesSync(dir, now, now);
    return true;
  } catch {
    return false;
  }
};

/** Protects the assembly from removal while this process runs. */
export const keepWhileRunning = (dir: string): void => {
  setInterval(() => markInUse(dir), MARK_EVERY_MS).unref();
};

/** ms since the epoch of the last use; 0 when another process has removed the entry. */
const usedAt = (dir: string): number => statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const removeOld = (folder: string, kept: number): void => {
  const entries = readdirSync(folder)
    .map((name) => ({ dir: join(folder, name), at: usedAt(join(folder, name)) }))
    .sort((a, b) => b.at - a.at);
  for (const { dir } of entries.slice(kept))
    if (Date.now() - usedAt(dir) > IN_USE_MS) rmSync(dir, { recursive: true, force: true });
};

/** Opens the cache; creates the folder when it is missing. */
export const openCache = (folder: string, kept = ENTRIES_KEPT): Cache => {
  mkdirSync(folder, { recursive: true });
  return {
    find: (key) =>
      readdirSync(folder)
        .filter((name) => name.startsWith(`${key}-`))
        .map((name) => join(folder, name))
        .find((dir) => isWhole(dir) && markInUse(dir)),
    add: async (key, make) => {
      const id = randomUUID();
      const unfinished = join(folder, `${UNFINISHED}${id}`);
      const entry = join(folder, `${key}-${id}`);
      mkdirSync(unfinished);
      try {
        await make(unfinished);
        seal(unfinished);
        renameSync(unfinished, entry);
      } catch (error) {
        rmSync(unfinished, { recursive: true, force: true });
        throw error;
      }
      markInUse(entry);
      removeOld(folder, kept);
      return entry;
    },
  };
};

/** A file changed while an entry was made: the entry may mix old and new files. */
class InputsChanged extends Error {}

/**
 * The entry of the files as they are now: one that was made before, or a new one.
 *
 * @param keyNow reads the files
 * @returns the folder of the entry, which no one may change
 */
export const cachedEntry = async (
  cache: Cache,
  keyNow: () => string,
  make: Make,
): Promise<string> => {
  const key = keyNow();
  const checked = async (dir: string): Promise<void> => {
    await make(dir);
    if (keyNow() !== key) throw new InputsChanged();
  };
  try {
    return cache.find(key) ?? (await cache.add(key, checked));
  } catch (error) {
    if (error instanceof InputsChanged) return cachedEntry(cache, keyNow, make);
    throw error;
  }
};
