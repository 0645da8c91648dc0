/** The package as a stranger has it: packed, installed into an empty folder, used by its commands. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'sheratan-package-'));
const project = join(root, 'my-mesh');
const NEWEST_TSC = resolve('node_modules/.bin/tsc');
const PATIENCE = { timeout: 60_000, interval: 50 };
/** This Node, by whatever name: scripts of npm begin with `node`. */
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
  NO_COLOR: '1',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
};

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (command: string, args: readonly string[], cwd = project, input = ''): Promise<Said> =>
  new Promise((done) => {
    const child = execFile(
      command,
      [...args],
      { cwd, env, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) =>
        done({
          code: typeof error?.code === 'number' ? error.code : error ? 1 : 0,
          stdout,
          stderr,
        }),
    );
    child.stdin?.end(input);
  });
const sheratan = (args: readonly string[], input?: string): Promise<Said> =>
  run('npx', ['--no-install', 'sheratan', ...args], project, input);
const passed = async (said: Promise<Said>): Promise<string> => {
  const { code, stdout, stderr } = await said;
  expect({ code, stderr: code === 0 ? '' : stderr + stdout }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

let tarball = '';
let seconds = 0;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['scripts/package.ts'], { env });
  const packed = await run('npm', ['pack', '--pack-destination', root], 'build/package');
  tarball = join(root, packed.stdout.trim().split('\n').at(-1) ?? '');
  mkdirSync(project);
  const began = performance.now();
  await passed(run('npm', ['install', tarball]));
  await passed(sheratan(['init']));
  await passed(run('npm', ['install']));
  seconds = (performance.now() - began) / 1_000;
}, 600_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a new project of pnpm', { timeout: 300_000 }, () => {
  it('has a kind whose test passes, by the same steps', async () => {
    const folder = join(root, 'with-pnpm');
    const pnpm = (...args: readonly string[]) =>
      run('npx', ['--yes', 'pnpm@12.21.0', ...args], folder);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{"name":"with-pnpm","type":"module"}');
    await passed(pnpm('add', tarball));
    await passed(pnpm('exec', 'sheratan', 'init'));
    // `init` has just added dependencies: on a CI machine pnpm wants to hear that the lockfile may change.
    await passed(pnpm('install', '--no-frozen-lockfile'));
    await passed(pnpm('run', 'types'));
    expect(await passed(pnpm('test'))).toMatch(/pass 2/);
  });
});

describe('a new project', { timeout: 300_000 }, () => {
  it('has a kind whose test passes, and whose types are strict, with declarations checked', async () => {
    expect(await passed(run('npm', ['test']))).toMatch(/pass 2/);
    const use = join(project, 'jobs/use.ts');
    writeFileSync(
      use,
      `import { Mesh } from 'sheratan/client';
import { createHost } from 'sheratan/host';
import { echo } from 'sheratan/kinds';
import { startMesh } from 'sheratan/testing';
import { Sheratan } from 'sheratan/cdk';
import { hello } from './hello.ts';
export const used = [createHost, echo, startMesh, Sheratan];
export const greeting = async (mesh: Mesh): Promise<string> =>
  (await mesh.result(await mesh.send(hello, { name: 'Ada' }))).greeting;
// @ts-expect-error a payload that the schema refuses
export const wrong = (mesh: Mesh) => mesh.send(hello, { name: 5 });
`,
    );
    // The project's own compiler and settings, which resolve as Node does.
    await passed(run('npm', ['run', 'types']));
    const options = [
      ...['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2024'],
      ...['--types', 'node', '--allowImportingTsExtensions', '--lib', 'es2024,esnext.disposable'],
    ];
    const nodenext = ['--module', 'nodenext', '--moduleResolution', 'nodenext'];
    const bundler = ['--module', 'esnext', '--moduleResolution', 'bundler'];
    await passed(run('node_modules/.bin/tsc', [...options, ...bundler, use]));
    // The newest compiler wants to hear that it is to ignore a file.
    for (const modules of [nodenext, bundler])
      await passed(run(NEWEST_TSC, [...options, '--ignoreConfig', ...modules, use]));
    rmSync(use);
  });

  it('ships no test, no secret of the repository, and a build of everything that it names', () => {
    const installed = join(project, 'node_modules/sheratan');
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => /\.test\.|^tests\/|^\.|node_modules/.test(name))).toEqual([]);
    expect(files.filter((name) => /\.ts$/.test(name) && !/\.d\.ts$/.test(name))).toEqual([]);
    const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
    };
    const named = Object.values(exports).flatMap((to) =>
      typeof to === 'string' ? [to] : Object.values(to),
    );
    expect(named.filter((path) => !files.includes(path.replace('./', '')))).toEqual([]);
  });

  it('becomes a template in an app of its own', async () => {
    await passed(run('npx', ['cdk', 'synth', '--quiet']));
    const template = readFileSync(join(project, 'cdk.out/Mesh-dev.template.json'), 'utf8');
    expect(template).toContain('/sheratan/dev/outputs');
    expect(template).toMatch(/echo,.*hello/);
  });

  it('keeps what is there when it is set up again', async () => {
    appendFileSync(join(project, 'jobs/index.ts'), '// mine\n');
    expect(await passed(sheratan(['init']))).not.toContain('written');
    expect(readFileSync(join(project, 'jobs/index.ts'), 'utf8')).toContain('// mine');
  });
});

describe('a mesh of its kinds on this machine', { timeout: 300_000 }, () => {
  let cloud: ChildProcess;
  let said = '';
  beforeAll(async () => {
    mkdirSync(join(project, '.sheratan/dev/kinds-left'), { recursive: true });
    // Without npx in between, which passes no signal on.
    const command = join(project, 'node_modules/sheratan/bin/sheratan.js');
    cloud = spawn(process.execPath, [command, 'dev'], { cwd: project, env });
    for (const stream of [cloud.stdout, cloud.stderr])
      stream?.on('data', (data: Buffer) => {
        said += data.toString();
      });
    await vi.waitUntil(() => said.includes('Ctrl-C'), PATIENCE);
  }, 120_000);
  afterAll(async () => {
    cloud.kill('SIGINT');
    await vi.waitUntil(() => cloud.exitCode !== null || cloud.signalCode !== null, PATIENCE);
  }, 120_000);

  const send = (envelope: object) =>
    sheratan(['send', '-', '--wait', '60'], JSON.stringify(envelope));

  it('runs the first job', async () => {
    await passed(send({ kind: 'hello', id: 'first', payload: { name: 'Ada' } }));
    expect(await passed(sheratan(['status', 'first']))).toContain('hello Ada');
    console.info(
      `from "npm install sheratan" to a project that is set up: ${seconds.toFixed(1)} s`,
    );
  });

  it('refuses a kind that there is not, and a payload that its schema refuses ends with the reason', async () => {
    const unknown = await send({ kind: 'hallo' });
    expect(unknown).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/UNKNOWN_KIND.*known: .*hello/),
    });
    // The command knows the schema, and does not send; without its check the mesh judges.
    const wrong = { kind: 'hello', id: 'wrong', payload: { name: 5 } };
    const refused = { code: 4, stderr: expect.stringMatching(/PAYLOAD_INVALID *payload\.name/) };
    expect(await send(wrong)).toMatchObject(refused);
    expect((await sheratan(['why', 'wrong'])).code).toBe(3);
    const unchecked = ['send', '-', '--unchecked', '--wait', '60'];
    expect((await sheratan(unchecked, JSON.stringify(wrong))).code).toBe(4);
    expect(await passed(sheratan(['why', 'wrong']))).toContain('payload.name');
  });

  it('tells its kinds, and their types for other languages', async () => {
    expect(await passed(sheratan(['kinds']))).toMatch(/hello +\{name\}/);
    for (const [lang, mark] of [
      ['ts', 'export interface HelloPayload'],
      ['python', 'class HelloPayload:'],
      ['go', 'type HelloPayload struct'],
    ] as const)
      expect((await sheratan(['types', '--lang', lang])).stdout).toContain(mark);
    const types = join(project, 'hello_types.py');
    writeFileSync(types, (await sheratan(['types', '--lang', 'python'])).stdout);
    const program = 'from hello_types import HelloPayload; print(HelloPayload("Ada").to_dict())';
    expect(await passed(run('python3', ['-c', program]))).toContain("{'name': 'Ada'}");
  });

  it('makes types that the compiler of Go takes', async ({ skip }) => {
    skip((await run('go', ['version'])).code !== 0, 'there is no go');
    const folder = join(project, 'types-in-go');
    mkdirSync(join(folder, 'jobs'), { recursive: true });
    const types = (await sheratan(['types', '--lang', 'go'])).stdout;
    writeFileSync(join(folder, 'jobs/types.go'), types);
    writeFileSync(join(folder, 'go.mod'), 'module sender\n\ngo 1.19\n');
    writeFileSync(
      join(folder, 'main.go'),
      `package main

import (
	"encoding/json"
	"fmt"

	"sender/jobs"
)

func main() {
	text, err := json.Marshal(jobs.HelloPayload{Name: "Ada"})
	fmt.Println(string(text), err)
}
`,
    );
    expect(await passed(run('go', ['run', '.'], folder))).toBe('{"name":"Ada"} <nil>\n');
  });

  it('runs new code and new kinds after a save, and the old code while the new does not build', async () => {
    const file = join(project, 'jobs/hello.ts');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, `${text}\nexport const broken = (;\n`);
    await vi.waitUntil(() => said.includes('do not build'), PATIENCE);
    await passed(send({ kind: 'hello', id: 'while-broken', payload: { name: 'Bob' } }));
    writeFileSync(file, text.replace('`hello ', '`good day '));
    writeFileSync(join(project, 'jobs/bye.ts'), text.replaceAll('hello', 'bye'));
    appendFileSync(join(project, 'jobs/index.ts'), "export { bye } from './bye.ts';\n");
    await vi.waitUntil(() => said.includes('reloaded: +bye'), PATIENCE);
    await passed(send({ kind: 'bye', id: 'bye', payload: { name: 'Ada' } }));
    await passed(send({ kind: 'hello', id: 'second', payload: { name: 'Ada' } }));
    expect(await passed(sheratan(['status', 'bye']))).toContain('bye Ada');
    expect(await passed(sheratan(['status', 'second']))).toContain('good day Ada');
  });

  it('sees the fix of a file that no build has had yet, in a folder of its own', async () => {
    const late = join(project, 'jobs/late/index.ts');
    const text = readFileSync(join(project, 'jobs/hello.ts'), 'utf8').replaceAll('hello', 'late');
    mkdirSync(dirname(late));
    writeFileSync(late, text.replace('defineJob(', 'defineJob((;'));
    appendFileSync(join(project, 'jobs/index.ts'), "export { late } from './late/index.ts';\n");
    await vi.waitUntil(() => said.includes('jobs/late/index.ts:'), PATIENCE);
    writeFileSync(late, text);
    await vi.waitUntil(() => said.includes('reloaded: +late'), PATIENCE);
  });

  it('keeps no build of a cloud that was killed', () => {
    const builds = readdirSync(join(project, '.sheratan/dev'));
    expect(builds).toEqual([expect.stringMatching(/^kinds-(?!left)/)]);
  });
});

describe('a test that starts a mesh', { timeout: 300_000 }, () => {
  it('has the kinds of the project, and leaves nothing behind', async () => {
    writeFileSync(
      join(project, 'jobs/mesh.test.ts'),
      `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMesh } from 'sheratan/testing';
import { hello } from './hello.ts';

test('a job through queue, worker and table', async () => {
  const { mesh, stop } = await startMesh();
  try {
    const job = await mesh.send(hello, { name: 'Ada' });
    const { greeting } = await mesh.result(job, { timeoutSeconds: 60 });
    assert.match(greeting, /Ada$/);
  } finally {
    await stop();
  }
});
`,
    );
    expect(await passed(run(process.execPath, ['--test', 'jobs/mesh.test.ts']))).toMatch(/pass 1/);
  });
});

it('is imported by Node 22, which many still have', { timeout: 300_000 }, async () => {
  const program =
    "for (const name of ['', '/client', '/kinds', '/host']) await import('sheratan' + name); console.log(process.version);";
  const args = ['--yes', '--package', 'node@22', 'node', '--input-type=module', '-e', program];
  expect(await passed(run('npx', args))).toMatch(/^v22\./m);
});
