/** Bundles the page's program into one file. */
import { build, stop } from 'esbuild';

export interface PageScript {
  readonly text: string;
  /** Paths of the source files, relative to the working directory. */
  readonly inputs: readonly string[];
}

/**
 * Bundles the page's program for browsers.
 *
 * @param entry absolute path of the page's main module
 * @throws Error of esbuild when the sources do not compile
 */
export const bundlePage = async (entry: string): Promise<PageScript> => {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  // Without this, esbuild's own process would stay after the build.
  await stop();
  return { text: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) };
};
