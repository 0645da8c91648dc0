/** The page's program as one file. */
import { build, stop } from 'esbuild';

export interface PageScript {
  readonly text: string;
  /** Its sources, from the working directory. */
  readonly inputs: readonly string[];
}

/** @param entry absolute path of the page's main module */
export const bundlePage = async (entry: string): Promise<PageScript> => {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  // Its service would stay, as a process that nobody needs any more.
  await stop();
  return { text: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) };
};
