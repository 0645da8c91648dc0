/**
 * Bundles functions with one call of esbuild each: ESM, minified, with the SDK, and with chunks for
 * what is loaded later.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, buildSync, type Metafile } from 'esbuild';
import type { KindsFile } from '#shared/contracts/kindsFile.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** `.ts` in the sources, `.js` in the package. */
const KIND_OF_FILE = extname(import.meta.filename);

/** This file is beside this module both in the sources and in the build. */
const CREDENTIALS = fileURLToPath(new URL(`./envCredentials${KIND_OF_FILE}`, import.meta.url));

/**
 * CommonJS parts of the SDK call `require` for Node's own modules; ESM has no `require` unless it
 * is made.
 */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

const optionsOf = (
  entryPoints: Readonly<Record<string, string>>,
  alias: Readonly<Record<string, string>>,
) =>
  ({
    absWorkingDir: ROOT,
    entryPoints: { ...entryPoints },
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    chunkNames: 'chunk-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    metafile: true,
    banner: { js: REQUIRE },
    alias: { '@aws-sdk/credential-provider-node': CREDENTIALS, ...alias },
    logLevel: 'warning',
  }) as const satisfies BuildOptions;

/**
 * Bundles `entry` into `<outdir>/index.mjs`; removes what was in the folder.
 *
 * @returns esbuild's description of the bundle
 * @throws Error of esbuild when the sources do not compile
 */
export const bundleEntry = async (entry: string, outdir: string): Promise<Metafile> => {
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({ ...optionsOf({ index: entry }, {}), outdir });
  return metafile;
};

/** Bundles the handler of a function into `<outDir>/<name>/`. */
export const bundleFunction = (name: string, outDir: string): Promise<Metafile> =>
  bundleEntry(`functions/${name}/handler${KIND_OF_FILE}`, join(outDir, name));

/** The module of a worker with own kinds that lists all its kinds. */
const KINDS_ENTRY = 'kinds';

const inPackage = (path: string): string => JSON.stringify(join(ROOT, `${path}${KIND_OF_FILE}`));

/**
 * The module that replaces `#kinds`: the built-in kinds, and the kinds that the project exports.
 */
const kindsModule = (own: string): string => `
import { BUILT_IN } from ${inPackage('shared/jobs/kinds/index')};
import { definitionsIn, kindsOf } from ${inPackage('shared/jobs/kinds/defineJob')};
import * as own from ${JSON.stringify(own)};
export const kinds = kindsOf([...BUILT_IN, ...definitionsIn(own)]);
const tell = async () => {
  const { describeKinds } = await import(${inPackage('shared/jobs/kinds/describeKinds')});
  return describeKinds(kinds);
};
export { tell };
`;

/**
 * Options of esbuild for a worker with a project's own kinds: `index.mjs`, and `kinds.mjs`, which
 * lists the kinds. Writes the module that joins them.
 *
 * @param own absolute path of the module that exports the kinds
 * @param scratch folder for the module that joins the kinds
 */
export const workerOptions = (own: string, scratch: string) => {
  const joined = join(scratch, 'kinds.generated.mjs');
  mkdirSync(dirname(joined), { recursive: true });
  writeFileSync(joined, kindsModule(own));
  const entries = { index: `functions/worker/handler${KIND_OF_FILE}`, [KINDS_ENTRY]: joined };
  return { ...optionsOf(entries, { '#kinds': joined }), sourcemap: 'linked' as const };
};

/** A module whose import takes longer than this, in ms, would fail in the worker too. */
const LIST_MS_MAX = 10_000;

/**
 * How Node prints the kinds of a bundled worker, as a list of `KindInfo` in JSON: its arguments, and
 * its time. A process of its own keeps what the module does at its import away from the caller.
 */
export const kindListing = (workerDir: string) => {
  const module = JSON.stringify(join(workerDir, `${KINDS_ENTRY}.mjs`));
  const program = `const { tell } = await import(${module}); process.stdout.write(JSON.stringify(await tell()), () => process.exit());`;
  return {
    args: ['--enable-source-maps', '--input-type=module', '-e', program],
    timeout: LIST_MS_MAX,
  };
};

/** The text of `kinds.json`. @param listing what the listing printed */
export const kindsFileText = (listing: string): string =>
  `${JSON.stringify({ version: 1, kinds: JSON.parse(listing) } satisfies KindsFile, undefined, 2)}\n`;

/** What the listing printed before it failed: the message of the module or of `defineJob`. */
export const listingFault = (error: unknown): string => {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return said || String(error);
};

/**
 * Bundles a function for a construct, which cannot wait for a promise.
 *
 * @returns the folder of the bundle
 */
export const bundleFunctionSync = (name: string, outDir: string): string => {
  const outdir = join(outDir, name);
  rmSync(outdir, { recursive: true, force: true });
  buildSync({ ...optionsOf({ index: `functions/${name}/handler${KIND_OF_FILE}` }, {}), outdir });
  return outdir;
};

/**
 * Bundles the worker with a project's own kinds, for a construct, which cannot wait for a promise.
 *
 * @returns the folder of the bundle
 * @throws Error of esbuild when the sources do not compile
 */
export const bundleWorkerSync = (own: string, outDir: string): string => {
  const outdir = join(outDir, 'worker');
  rmSync(outdir, { recursive: true, force: true });
  buildSync({ ...workerOptions(own, outDir), outdir, logLevel: 'silent' });
  return outdir;
};
