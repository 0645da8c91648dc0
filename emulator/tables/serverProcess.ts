/** A table server's process: finds a port, waits until the server answers, ends the process. */
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { pauseFor } from '#shared/kernel/pause.ts';
import { LocalCloudError } from '../errors.ts';
import { guardChild } from '../lambda/guard.ts';

const READY_TIMEOUT_MS = 120_000;
const KILL_AFTER_MS = 2_000;
const LOOK_MS = 10;

/** A port of loopback that was free at this moment; another process may take it. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

/** Whether a server could listen on the port, on all of this machine's addresses. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });

const answers = async (endpoint: string): Promise<boolean> => {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(1_000) });
    return true;
  } catch {
    return false;
  }
};

export interface ServerProcess {
  readonly child: ChildProcess;
  /** Resolves when the process is gone, or could not be started. */
  readonly gone: Promise<void>;
}

/** Makes the child end with this process, and watches for its end. */
export const watched = (child: ChildProcess): ServerProcess => {
  guardChild(child);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return { child, gone };
};

/**
 * Waits until the server answers over HTTP, for up to two minutes.
 *
 * @throws LocalCloudError `TABLE_SERVER_FAILED` when the process ends, or does not answer in time
 */
export const untilReady = async (
  name: string,
  { child, gone }: ServerProcess,
  endpoint: string,
): Promise<void> => {
  let ended = false;
  void gone.then(() => {
    ended = true;
  });
  const until = Date.now() + READY_TIMEOUT_MS;
  while (!(await answers(endpoint))) {
    if (ended || Date.now() > until)
      throw new LocalCloudError(
        'TABLE_SERVER_FAILED',
        `${name} did not come up at ${endpoint} (${child.signalCode ?? `exit code ${child.exitCode ?? 'none'}`})`,
      );
    await pauseFor(LOOK_MS);
  }
};

/** Asks the process to end; after two seconds, kills it. */
export const endProcess = async ({ child, gone }: ServerProcess): Promise<void> => {
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  await gone;
  clearTimeout(forced);
};
