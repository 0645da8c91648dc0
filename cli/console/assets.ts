/**
 * The files of the page: from the build where there is one, else bundled from the sources on the
 * first request.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../page/', import.meta.url));

/** One file of the page. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

const read = (name: string): string => readFileSync(join(PAGE, name), 'utf8');

const script = async (): Promise<string> => {
  if (existsSync(join(PAGE, 'page.js'))) return read('page.js');
  const { bundlePage } = await import('./bundlePage.ts');
  return (await bundlePage(join(PAGE, 'main.tsx'))).text;
};

/**
 * The page's files by their paths. Reads or bundles them on each call.
 *
 * @throws Error of esbuild when the sources do not compile
 */
export const pageFiles = async (): Promise<ReadonlyMap<string, PageFile>> =>
  new Map([
    ['/', { type: 'text/html; charset=utf-8', body: read('page.html') }],
    ['/page.css', { type: 'text/css; charset=utf-8', body: read('page.css') }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', body: await script() }],
  ]);
