/**
 * Where the native engine's file is: in memory when there is space. Folders that a killed process
 * left are removed.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const PREFIX = 'sheratan-tables-';
/**
 * Free bytes that the memory folder must have. Many containers have only 64 MB there, and a write
 * that finds no space fails.
 */
const ROOM_BYTES = 1024 ** 3;

const hasRoom = (folder: string): boolean => {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    return false;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process is alive and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Removes the folders of processes that were killed. */
const sweep = (parent: string): void => {
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    if (!name.startsWith(PREFIX)) continue;
    const pid = Number.parseInt(name.slice(PREFIX.length), 10);
    if (!isAlive(pid)) rmSync(join(parent, name), { recursive: true, force: true });
  }
};

export interface Folder {
  readonly path: string;
  remove(): void;
}

/**
 * A new folder, in memory when there is space for 1 GiB. `remove` deletes it; the next call also
 * deletes folders of processes that were killed.
 */
export const freshFolder = (): Folder => {
  for (const each of [MEMORY, tmpdir()]) sweep(each);
  const parent = hasRoom(MEMORY) ? MEMORY : tmpdir();
  const path = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** A folder that stays: creates it when it is missing; `remove` does nothing. */
export const keptFolder = (path: string): Folder => {
  mkdirSync(path, { recursive: true });
  return { path, remove: () => undefined };
};
