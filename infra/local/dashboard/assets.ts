/** The page as the browser gets it, bundled when it is asked for: there is nothing to build before. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';

const PAGE = fileURLToPath(new URL('../page/', import.meta.url));

export interface Asset {
  readonly type: string;
  readonly body: string;
}

export const buildAssets = async (): Promise<ReadonlyMap<string, Asset>> => {
  const { outputFiles } = await build({
    entryPoints: [`${PAGE}main.ts`],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'warning',
  });
  // Its service would stay, as a process that nobody needs any more.
  await stop();
  const read = (name: string): string => readFileSync(`${PAGE}${name}`, 'utf8');
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: read('page.html') }],
    ['/page.css', { type: 'text/css; charset=utf-8', body: read('page.css') }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', body: outputFiles[0]?.text ?? '' }],
  ]);
};
