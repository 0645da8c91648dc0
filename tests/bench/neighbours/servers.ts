/** Redis and PostgreSQL from this machine's packages, each on a free port and in a folder of its own. */
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  endProcess,
  freePort,
  type ServerProcess,
  watched,
} from '#emulator/tables/serverProcess.ts';
import { freshFolder } from '#emulator/tables/tableFolder.ts';

export interface Server {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const HOST = '127.0.0.1';
const LOOK_MS = 20;

export const hasRedis = (): boolean =>
  spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;

const isUp = async (probe: () => Promise<unknown>): Promise<boolean> => {
  try {
    await probe();
    return true;
  } catch {
    return false;
  }
};

/** @throws Error when the server ends instead */
const untilUp = async (
  name: string,
  { child }: ServerProcess,
  probe: () => Promise<unknown>,
): Promise<void> => {
  while (!(await isUp(probe))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${name} did not come up (exit code ${child.exitCode})`);
    await sleep(LOOK_MS);
  }
};

/** What it has answered outlives its process, as in the others: with its log of commands. */
export const startRedis = async (): Promise<Server> => {
  const folder = freshFolder();
  const port = await freePort();
  const options = { port, bind: HOST, dir: folder.path, appendonly: 'yes', save: '' };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = watched(spawn('redis-server', args, { stdio: 'ignore' }));
  const stop = async (): Promise<void> => {
    await endProcess(server);
    folder.remove();
  };
  try {
    await untilUp('Redis', server, () => run('redis-cli', ['-p', String(port), 'ping']));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, pid: server.child.pid ?? 0, stop };
};

const DEBIAN = '/usr/lib/postgresql';

/** Of the newest version; undefined where there is none. */
export const postgresPrograms = (): string | undefined => {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  const programs = join(DEBIAN, newest ?? '', 'bin');
  return existsSync(join(programs, 'initdb')) ? programs : undefined;
};

/** PostgreSQL does not run as root: there, it is its own user. */
const owner = (): { uid?: number; gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};

/** @param programs the folder of its programs. @throws Error when it does not come up */
export const startPostgres = async (programs: string): Promise<Server> => {
  const folder = freshFolder();
  const user = owner();
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder.path, user.uid, user.gid);
  const data = join(folder.path, 'data');
  const options = { cwd: folder.path, ...user };
  const initdb = ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--no-sync'];
  await run(join(programs, 'initdb'), [...initdb, '--encoding', 'UTF8', '--locale', 'C'], options);
  const port = await freePort();
  const settings = [`listen_addresses=${HOST}`, 'unix_socket_directories='];
  const args = ['-D', data, '-p', String(port), ...settings.flatMap((each) => ['-c', each])];
  const server = watched(spawn(join(programs, 'postgres'), args, { ...options, stdio: 'ignore' }));
  const stop = async (): Promise<void> => {
    // Fast: the other signal would wait for whoever is still connected.
    server.child.kill('SIGINT');
    await server.gone;
    folder.remove();
  };
  const isReady = () => run(join(programs, 'pg_isready'), ['-h', HOST, '-p', String(port)]);
  try {
    await untilUp('PostgreSQL', server, isReady);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, pid: server.child.pid ?? 0, stop };
};
