/** The `sheratan` command as a stranger runs it, on an embedded cloud of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { COMMAND } from './command.ts';
import { inProcess, type Run } from './inProcess.ts';

export interface Sheratan {
  /** Where the cloud leaves word of itself. */
  readonly stateFile: string;
  readonly up: ChildProcess;
  /** Runs a command in this process. */
  readonly run: Run;
  /** A command that goes on; the caller stops it. */
  start(args: readonly string[]): ChildProcess;
  stop(): void;
}

/** The command as a process of its own. @param home where it looks for a running cloud */
export const commandIn =
  (home: string): Run =>
  (given, input = '') =>
    new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [COMMAND, ...given],
        { env: { ...process.env, SHERATAN_HOME: home, NO_COLOR: '1' } },
        (error, stdout, stderr) => {
          const code = typeof error?.code === 'number' ? error.code : 0;
          resolve({ code, stdout, stderr });
        },
      );
      child.stdin?.end(input);
    });

/** @param more options of `up` */
export const startSheratan = async (
  assemblyDir: string,
  more: readonly string[] = [],
): Promise<Sheratan> => {
  const home = mkdtempSync(join(tmpdir(), 'sheratan-home-'));
  const stateFile = join(home, 'embedded.json');
  const env = { ...process.env, SHERATAN_HOME: home, NO_COLOR: '1' };
  const args = [COMMAND, 'up', '--assembly', assemblyDir, ...more];
  const up = spawn(process.execPath, args, { env, stdio: 'ignore' });
  await vi.waitUntil(() => existsSync(stateFile), { timeout: 50_000 });
  return {
    stateFile,
    up,
    run: inProcess(home),
    start: (given) =>
      spawn(process.execPath, [COMMAND, ...given], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    stop: () => {
      up.kill('SIGKILL');
      rmSync(home, { recursive: true, force: true });
    },
  };
};

/** The console's address, which the command prints. */
export const printedUrl = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const [url] = /http:\S+#token=[\w-]+/.exec(text) ?? [];
      if (url) resolve(url);
    });
    child.once('exit', () => reject(new Error(`the command ended: ${text}`)));
  });
