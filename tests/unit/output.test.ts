/** What becomes of a command whose output nobody reads, or nothing can take. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

// Each command is a process of its own.
vi.setConfig({ testTimeout: 60_000 });

const IMPORT = ['import', 'hosts', 'tests/fixtures/legacy/hosts', '--dry-run'];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param reader reads all; 'left' has gone before the first word; or a file's descriptor */
const run = (args: readonly string[], reader: 'all' | 'left' | number = 'all'): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const stdout = typeof reader === 'number' ? reader : 'pipe';
    const child = spawn(process.execPath, ['cli/main.ts', ...args], {
      stdio: ['ignore', stdout, 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    if (reader === 'left') child.stdout?.destroy();
    else child.stdout?.on('data', (chunk) => (said.stdout += chunk));
    child.stderr?.on('data', (chunk) => (said.stderr += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });

it('says which version it is', async () => {
  expect(await run(['--version'])).toEqual({
    code: 0,
    stdout: `${manifest.version}\n`,
    stderr: '',
  });
});

it.each([
  ['a report', IMPORT, 'Dry run: nothing was imported.\n'],
  ['the help', ['--help'], ''],
])('ends as it would have when the reader of %s has left', async (_what, args, said) => {
  const { code, stderr } = await run(args, 'left');
  expect(stderr).not.toMatch(/EPIPE|at .*\.(?:ts|js):\d/);
  expect(stderr.endsWith(said)).toBe(true);
  expect(code).toBe(0);
});

it.runIf(existsSync('/dev/full'))('fails, in one sentence, when its output is lost', async () => {
  const full = openSync('/dev/full', 'w');
  const { code, stderr } = await run(IMPORT, full);
  closeSync(full);
  expect(stderr).toMatch(/The output cannot be written: ENOSPC/);
  expect(stderr).not.toMatch(/at .*\.(?:ts|js):\d/);
  expect(code).toBe(1);
});
