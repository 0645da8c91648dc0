import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCache } from '#infra/synthesis/cache.ts';
import { hashInputs } from '#infra/synthesis/inputs.ts';
import { SynthesisError, synthesize } from '#infra/synthesis/synthesize.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sheratan-synthesis-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (name: string, text: string): void => {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
};

const SOURCES = {
  'package.json': '{}',
  'package-lock.json': '{"version":1}',
  'cdk.json': '{}',
  'infra/app.ts': 'app',
  'emulator/cloud.ts': 'cloud',
  'functions/worker/handler.ts': 'handler',
  'shared/contracts/queues.ts': 'queues',
};
const writeSources = (): void => {
  for (const [name, text] of Object.entries(SOURCES)) write(name, text);
};

describe('the hash of what goes into a synthesis', () => {
  const hash = (context: readonly string[] = ['stage=dev'], env = {}) =>
    hashInputs(root, context, env);
  beforeEach(writeSources);

  it.each([
    ['a source that changed', () => write('infra/app.ts', 'apq')],
    ['a new source', () => write('shared/new/rule.ts', '')],
    ['a source that is gone', () => rmSync(join(root, 'functions/worker/handler.ts'))],
    ['a setting in cdk.json', () => write('cdk.json', '{"context":{}}')],
    ['a package of another version', () => write('package-lock.json', '{"version":2}')],
    ['what is installed', () => write('node_modules/.package-lock.json', '{}')],
  ])('is another one with %s', (_what, change) => {
    const before = hash();
    change();
    expect(hash()).not.toBe(before);
  });

  it('is another one with other settings, and with other variables of the CDK', () => {
    const hashes = [hash(), hash(['stage=prod']), hash(['stage=dev'], { CDK_DEFAULT_REGION: 'x' })];
    expect(new Set(hashes).size).toBe(3);
  });

  it('is the same for a copy, for emulators that changed, and in another shell', () => {
    const before = hash();
    write('emulator/cloud.ts', 'another cloud');
    utimesSync(join(root, 'infra/app.ts'), 1, 1);
    expect(hash(['stage=dev'], { TERM: 'dumb' })).toBe(before);
    const copy = mkdtempSync(join(tmpdir(), 'sheratan-copy-'));
    cpSync(root, copy, { recursive: true });
    expect(hashInputs(copy, ['stage=dev'], {})).toBe(before);
    rmSync(copy, { recursive: true });
  });
});

describe('the cache of assemblies', () => {
  const make =
    (text: string) =>
    async (dir: string): Promise<void> => {
      mkdirSync(join(dir, 'asset.1'));
      writeFileSync(join(dir, 'asset.1/index.mjs'), text);
      writeFileSync(join(dir, 'Stack.template.json'), '{}');
    };
  const read = (dir: string) => readFileSync(join(dir, 'asset.1/index.mjs'), 'utf8');

  it('finds what was made of the same inputs, and nothing else', async () => {
    const cache = openCache(root);
    expect(cache.find('a')).toBeUndefined();
    const made = await cache.add('a', make('code'));
    expect(openCache(root).find('a')).toBe(made);
    expect(cache.find('b')).toBeUndefined();
    expect(read(made)).toBe('code');
  });

  it.each([
    [
      'a file with other content',
      (dir: string) => writeFileSync(join(dir, 'asset.1/index.mjs'), 'cofe'),
    ],
    ['a file that is cut off', (dir: string) => truncateSync(join(dir, 'asset.1/index.mjs'), 1)],
    ['a file that is gone', (dir: string) => rmSync(join(dir, 'Stack.template.json'))],
    ['a seal that is cut off', (dir: string) => truncateSync(join(dir, 'sealed.json'), 9)],
    ['no seal', (dir: string) => rmSync(join(dir, 'sealed.json'))],
  ])('does not use an assembly with %s, and makes another one', async (_what, damage) => {
    const cache = openCache(root);
    const damaged = await cache.add('a', make('code'));
    damage(damaged);
    expect(cache.find('a')).toBeUndefined();
    const fixed = await cache.add('a', make('code'));
    expect(cache.find('a')).toBe(fixed);
    expect(read(fixed)).toBe('code');
  });

  it('shows nobody an assembly before it is whole', async () => {
    const cache = openCache(root);
    await cache.add('a', async (dir) => {
      await make('code')(dir);
      expect(openCache(root).find('a')).toBeUndefined();
    });
    expect(cache.find('a')).toBeDefined();
  });

  it('lets two make the same one at once: each has its own, whole', async () => {
    const both = Promise.withResolvers<void>();
    let making = 0;
    const together = async (dir: string): Promise<void> => {
      making += 1;
      if (making === 2) both.resolve();
      await both.promise;
      await make('code')(dir);
    };
    const dirs = await Promise.all([1, 2].map(() => openCache(root).add('a', together)));
    expect(dirs.map(read)).toEqual(['code', 'code']);
    expect(dirs).toContain(openCache(root).find('a'));
  });

  it('leaves nothing of one that could not be made', async () => {
    const failing = async (dir: string): Promise<void> => {
      await make('code')(dir);
      throw new Error('refused');
    };
    await expect(openCache(root).add('a', failing)).rejects.toThrow('refused');
    expect(readdirSync(root)).toEqual([]);
  });

  it('removes the oldest ones, but none that was used within the hour', async () => {
    const cache = openCache(root);
    const dirs: string[] = [];
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
      dirs.push(await cache.add(key, make(key)));
    expect(dirs.filter((dir) => existsSync(dir))).toHaveLength(8);
    dirs.forEach((dir, index) => {
      utimesSync(dir, index, index);
    });
    expect(cache.find('a')).toBe(dirs[0]);
    await cache.add('i', make('i'));
    // `a` was used just now, and `i` made: of the others the four youngest stay.
    expect(dirs.map((dir) => existsSync(dir))).toEqual([
      ...[true, false, false, false],
      ...[true, true, true, true],
    ]);
  });
});

describe('synthesize', { timeout: 60_000 }, () => {
  const RUNS = 'runs';
  /** Stands in for the CDK: what it must do, and how often it was asked. */
  const cdkThat = (does: string): void =>
    write(
      'node_modules/aws-cdk/bin/cdk',
      `const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
       appendFileSync('${RUNS}', process.argv.slice(5).join(' ') + '\\n');
       const out = process.argv[5];
       ${does}`,
    );
  const runs = (): number =>
    existsSync(join(root, RUNS))
      ? readFileSync(join(root, RUNS), 'utf8').split('\n').length - 1
      : 0;
  const run = (context = ['stage=dev']) => synthesize({ root, context });
  beforeEach(() => {
    writeSources();
    cdkThat("writeFileSync(out + '/Stack.template.json', '{}');");
  });

  it('runs the CDK once for the same inputs, and again for others', async () => {
    const first = await run();
    expect(existsSync(join(first, 'Stack.template.json'))).toBe(true);
    expect(await run()).toBe(first);
    expect(runs()).toBe(1);
    expect(await run(['stage=prod'])).not.toBe(first);
    write('shared/contracts/queues.ts', 'more queues');
    expect(await run()).not.toBe(first);
    expect(runs()).toBe(3);
  });

  it('runs the CDK again for an assembly that somebody changed', async () => {
    writeFileSync(join(await run(), 'Stack.template.json'), '{"Resources":{}}');
    expect(readFileSync(join(await run(), 'Stack.template.json'), 'utf8')).toBe('{}');
    expect(runs()).toBe(2);
  });

  it('gives the synthesis to whom wants to say so, and only when there is one', async () => {
    let said = 0;
    const around = (synthesis: () => Promise<void>): Promise<void> => {
      said += 1;
      return synthesis();
    };
    await synthesize({ root, context: [], around });
    await synthesize({ root, context: [], around });
    expect(said).toBe(1);
  });

  it('keeps nothing of a synthesis during which a source was written', async () => {
    cdkThat(`writeFileSync(out + '/Stack.template.json', '{}');
      writeFileSync('infra/app.ts', 'changed meanwhile');`);
    const dir = await run();
    expect(runs()).toBe(2);
    expect(await run()).toBe(dir);
    expect(runs()).toBe(2);
  });

  it('fails when the CDK does, and tries again the next time', async () => {
    cdkThat("console.error('Configuration: leaseSeconds is wrong'); process.exit(1);");
    await expect(run()).rejects.toThrow(SynthesisError);
    await expect(run()).rejects.toThrow(/leaseSeconds is wrong/);
    expect(runs()).toBe(2);
  });
});
