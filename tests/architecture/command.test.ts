import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT, digestOf } from '../../bin/build.js';
import { type BuiltCommand, bundleCommand } from '../../scripts/bundleCommand.ts';
import { eagerFiles } from '../support/metafile.ts';

describe('the built command', () => {
  let built: BuiltCommand;
  beforeAll(async () => {
    built = await bundleCommand();
  }, 60_000);

  /** Sources that are loaded with the module, at once. */
  const loadedWith = (source: string): readonly string[] => {
    const { outputs } = built.metafile;
    const entry = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === source) ?? '';
    return eagerFiles(built.metafile, entry).flatMap((file) =>
      Object.keys(outputs[file]?.inputs ?? {}),
    );
  };
  const clientsIn = (sources: readonly string[]): readonly string[] => [
    ...new Set(sources.flatMap((file) => /@aws-sdk\/(client-[^/]+)/.exec(file)?.[1] ?? [])),
  ];

  it('starts with the options alone: no client, no emulator, no kinds of jobs', () => {
    const sources = loadedWith('cli/main.ts');
    expect(sources).toContain('cli/operate.ts');
    expect(clientsIn(sources)).toEqual([]);
    // An option's choices are the names of the engines.
    const heavy = /^infra\/|^emulator\/(?!tables\/tableEngine)|^cli\/commands\/|kinds\/index/;
    expect(sources.filter((file) => heavy.test(file))).toEqual([]);
  });

  it.each([
    'cli/commands/read.ts',
    'cli/commands/send.ts',
    'cli/commands/ledger/ledger.ts',
    'cli/commands/hosts/hosts.ts',
  ])('loads the clients of tables and queues with %s, and no emulator', (source) => {
    const sources = loadedWith(source);
    expect(clientsIn(sources).toSorted()).toEqual(['client-dynamodb', 'client-sqs']);
    expect(sources.filter((file) => /^(?:infra|emulator)\//.test(file))).toEqual([]);
  });

  it('has beside it what it starts and what it shows', () => {
    expect(built.files.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ...['cli/main.js', 'cli/bootstrap.js'],
        ...['page/page.html', 'page/page.css', 'page/page.js'],
      ]),
    );
  });

  it('names as its sources what it was made of', () => {
    expect(built.inputs).toEqual(
      expect.arrayContaining([
        ...['cli/main.ts', 'cli/commands/up.ts', 'shared/kernel/deferred.ts'],
        ...['emulator/lambda/bootstrap.js', 'cli/page/main.tsx', 'cli/page/page.css'],
      ]),
    );
    expect(built.inputs.filter((file) => /node_modules|^\.\./.test(file))).toEqual([]);
  });
});

describe('the launcher', { timeout: 60_000 }, () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sheratan-launcher-'));
    cpSync('bin', join(root, 'bin'), { recursive: true });
    write('package.json', '{"type":"module"}');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  const build = (): void => {
    write('dist/cli/main.js', "console.log('the build', process.argv[2]);");
    const files = ['cli/main.ts', 'shared/rule.ts'];
    write(ACCOUNT, JSON.stringify({ files, digest: digestOf(root, files) }));
  };
  const writeSources = (): void => {
    write('cli/main.ts', "console.log('the sources' as string, process.argv[2]);");
    write('shared/rule.ts', 'export const rule = 1;');
  };
  const run = (): string =>
    execFileSync(process.execPath, [join(root, 'bin/sheratan.js'), 'status'], { encoding: 'utf8' });

  it('runs the build of the sources as they are', () => {
    writeSources();
    build();
    expect(run()).toBe('the build status\n');
  });

  it.each([
    ['a source has changed', () => write('shared/rule.ts', 'export const rule = 2;')],
    ['a source is gone', () => rmSync(join(root, 'shared/rule.ts'))],
    ['there is no build', () => rmSync(join(root, 'dist'), { recursive: true })],
    ['a build was not finished', () => rmSync(join(root, ACCOUNT))],
    ['its account is cut off', () => write(ACCOUNT, '{"files":')],
  ])('runs the sources when %s', (_when, change) => {
    writeSources();
    build();
    change();
    expect(run()).toBe('the sources status\n');
  });

  it('runs the build where there are no sources', () => {
    build();
    expect(run()).toBe('the build status\n');
  });
});
