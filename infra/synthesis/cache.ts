/**
 * A folder of synthesized assemblies by what went into them. An entry is made beside the others and
 * renamed when it is whole, under a name of its own: no process ever changes or replaces one, so
 * that any number of them may use the folder at once. Two that make the same entry both keep theirs.
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
/** Older ones go, unless somebody has said not long ago that it is in use. */
const ENTRIES_KEPT = 6;
const IN_USE_MS = 3_600_000;
const MARK_EVERY_MS = 300_000;

export interface AssemblyCache {
  /** An assembly that is whole, made of the same inputs. */
  find(key: string): string | undefined;
  /**
   * @param make writes an assembly into an empty directory
   * @returns where it is now
   */
  add(key: string, make: (dir: string) => Promise<void>): Promise<string>;
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

/** Every file is there and is as it was made. A file that cannot be read is not. */
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

/** For an hour it is kept, whatever else is made. false when another process has just removed it. */
const markInUse = (dir: string): boolean => {
  const now = new Date();
  try {
    utimesSync(dir, now, now);
    return true;
  } catch {
    return false;
  }
};

/** No process removes the assembly as long as this one runs. */
export const keepWhileRunning = (dir: string): void => {
  setInterval(() => markInUse(dir), MARK_EVERY_MS).unref();
};

/** ms since the epoch; another process may have removed it meanwhile. */
const usedAt = (dir: string): number => statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const removeOld = (folder: string): void => {
  const entries = readdirSync(folder)
    .map((name) => ({ dir: join(folder, name), at: usedAt(join(folder, name)) }))
    .sort((a, b) => b.at - a.at);
  for (const { dir } of entries.slice(ENTRIES_KEPT))
    if (Date.now() - usedAt(dir) > IN_USE_MS) rmSync(dir, { recursive: true, force: true });
};

export const openCache = (folder: string): AssemblyCache => {
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
      removeOld(folder);
      return entry;
    },
  };
};
