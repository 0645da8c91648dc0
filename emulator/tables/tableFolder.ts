/** Where the native engine's file lives: in memory where there is room, swept when left behind. */
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
/** Containers often have 64 MB there; a table that outgrows its folder fails its writes. */
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
    // Somebody else's process is alive, too.
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

export const freshFolder = (): Folder => {
  for (const each of [MEMORY, tmpdir()]) sweep(each);
  const parent = hasRoom(MEMORY) ? MEMORY : tmpdir();
  const path = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** Of somebody who wants to find it again. */
export const keptFolder = (path: string): Folder => {
  mkdirSync(path, { recursive: true });
  return { path, remove: () => undefined };
};
