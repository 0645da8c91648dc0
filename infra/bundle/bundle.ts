/** One esbuild call a function: ESM, minified, own SDK, lazy parts in chunks of their own. */
import { rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Beside this module, in the sources as in the build. */
const CREDENTIALS = fileURLToPath(
  new URL(`./envCredentials${extname(import.meta.filename)}`, import.meta.url),
);

/** CommonJS parts of the SDK call `require` for Node's own modules; ESM has none unless given one. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Bundles `entry` into `<outdir>/index.mjs` and returns esbuild's account of it. */
export const bundleEntry = async (entry: string, outdir: string): Promise<Metafile> => {
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { index: entry },
    outdir,
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
    alias: {
      '@aws-sdk/credential-provider-node': CREDENTIALS,
    },
    logLevel: 'warning',
  });
  return metafile;
};

/** Bundles `functions/<name>/handler.ts` into `<outDir>/<name>/`. */
export const bundleFunction = (name: string, outDir: string): Promise<Metafile> =>
  bundleEntry(`functions/${name}/handler.ts`, join(outDir, name));
