/**
 * The folder in which an embedded cloud keeps its data. A manifest says which version wrote it; a
 * lock lets only one process use it.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LocalCloudError } from '../errors.ts';
import { keptIn } from './kept.ts';

/** Raised with every change of the folder's layout that older code would misread. */
const LAYOUT = 1;
const MANIFEST = 'sheratan.json';
const LOCK = 'lock.db';

/** What must not change between two starts with the same folder. */
export interface DataWriters {
  readonly stack: string;
  /** Table engine and queue server, with their versions: both write files of their own formats. */
  readonly tables: string;
  readonly messages: string;
}

export interface DataFolder {
  /** Path of a file or folder inside this folder. */
  at(name: string): string;
  /** Ends the lock: another process may use the folder. */
  close(): void;
}

const refuse = (dir: string, why: string): never => {
  throw new LocalCloudError(
    'DATA_FOLDER_UNKNOWN',
    `${dir} ${why}. Nothing in it was touched. Name another folder, or use what wrote it.`,
  );
};

const assertOurs = (dir: string): void => {
  const names = readdirSync(dir).filter((name) => !name.startsWith(LOCK));
  if (names.length > 0 && !names.includes(MANIFEST))
    refuse(dir, `is not empty and no embedded cloud’s (it has ${names[0]} and no ${MANIFEST})`);
};

/** The operating system ends the lock when the process ends, even after a kill. */
const lock = (dir: string): DatabaseSync => {
  const file = new DatabaseSync(join(dir, LOCK), { timeout: 0 });
  try {
    file.exec('BEGIN EXCLUSIVE');
    return file;
  } catch (error) {
    file.close();
    throw new LocalCloudError(
      'DATA_FOLDER_IN_USE',
      `${dir} is in use by another embedded cloud. Stop that one, or name another folder.`,
      { cause: error },
    );
  }
};

const checkManifest = (dir: string, writers: DataWriters): void => {
  const manifest = keptIn<Readonly<Record<string, unknown>>>(join(dir, MANIFEST));
  const ours = { layout: LAYOUT, ...writers };
  const theirs = manifest.read();
  if (theirs === undefined) {
    manifest.write(ours);
    return;
  }
  for (const [name, value] of Object.entries(ours))
    if (theirs[name] !== value)
      refuse(dir, `was written with ${name} ${JSON.stringify(theirs[name])}, this is ${value}`);
};

/**
 * Locks the folder for this process; creates the folder when it does not exist.
 *
 * @throws LocalCloudError `DATA_FOLDER_UNKNOWN` for a folder of another kind, version or stack,
 *   `DATA_FOLDER_IN_USE` when another process has it, `DATA_FOLDER_DAMAGED` when its manifest
 *   cannot be read
 */
export const openDataFolder = (dir: string, writers: DataWriters): DataFolder => {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  assertOurs(dir);
  const held = lock(dir);
  try {
    checkManifest(dir, writers);
  } catch (error) {
    held.close();
    throw error;
  }
  return { at: (name) => join(dir, name), close: () => held.close() };
};
