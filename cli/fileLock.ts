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
}

/** The original's own bounds. */
export const ORIGINAL_LOCK: LockOptions = { patienceMs: 30_000, staleMs: 60_000 };

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

/** Whether the process that a lock of this machine names is there. */
const isHeld = (path: string): boolean => {
  try {
    const [, pid = ''] = /^pid=(\d+)/.exec(readFileSync(path, 'utf8')) ?? [];
    if (pid === '') return true;
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const taken = async (path: string, { patienceMs, staleMs }: LockOptions): Promise<boolean> => {
  const until = performance.now() + patienceMs;
  while (!make(path)) {
    if ((ageOf(path) ?? 0) > staleMs || !isHeld(path)) rmSync(path, { force: true });
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
    throw new CliError(`${path} is kept by another process: ${readFileSync(path, 'utf8').trim()}`);
  const beat = setInterval(() => utimesSync(path, new Date(), new Date()), options.staleMs / 4);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(path, { force: true });
  }
};
