/** A lock that is a file: who makes the file has the lock, as in the original system. */
import {
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { CliError } from './errors.ts';

interface LockOptions {
  /** How long to wait for whoever has the lock, in ms. */
  readonly patienceMs: number;
  /** A lock whose file is older, in ms, belongs to nobody any more. */
  readonly staleMs: number;
  /**
   * Whether all who take the lock run on this machine: then the lock of a process that is gone
   * belongs to nobody. The original may run in a container, whose process ids mean nothing here.
   */
  readonly isLocal: boolean;
}

/** The original's own bounds. */
export const ORIGINAL_LOCK: LockOptions = {
  patienceMs: 30_000,
  staleMs: 60_000,
  isLocal: false,
};
/** Of a command that runs once on a folder: a second one does not wait for the first. */
export const COMMAND_LOCK: LockOptions = { patienceMs: 0, staleMs: 60_000, isLocal: true };

const PAUSE_MS = 50;

const make = (path: string): boolean => {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, `pid=${process.pid} time=${Date.now() / 1_000}\n`);
    closeSync(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

/** Age in ms; undefined when the file is gone. */
const ageOf = (path: string): number | undefined => {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && Date.now() - stat.mtimeMs;
};

/** Whether the process that a lock names is gone from this machine. */
const isOrphan = (path: string): boolean => {
  const { 1: pid } = /^pid=(\d+)/.exec(readFileSync(path, 'utf8')) ?? [];
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
};

/** Whether the lock belongs to nobody any more; false when the file is gone by itself. */
const isLeft = (path: string, { staleMs, isLocal }: LockOptions): boolean => {
  const age = ageOf(path);
  if (age === undefined) return false;
  try {
    return age > staleMs || (isLocal && isOrphan(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
};

const taken = async (path: string, options: LockOptions): Promise<boolean> => {
  const until = performance.now() + options.patienceMs;
  while (!make(path)) {
    if (isLeft(path, options)) rmSync(path, { force: true });
    else if (performance.now() >= until) return false;
    else await wait(PAUSE_MS);
  }
  return true;
};

/**
 * Runs the work under the lock. The file is kept young meanwhile, so that no one takes the lock for
 * left behind.
 *
 * @throws CliError when another process keeps the lock for longer than the patience
 */
export const withFileLock = async <T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> => {
  if (!(await taken(path, options)))
    throw new CliError(`${path} is kept by another process. Wait until it has ended.`);
  const beat = setInterval(() => utimesSync(path, new Date(), new Date()), options.staleMs / 4);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(path, { force: true });
  }
};
