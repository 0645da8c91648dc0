/** Bundles of functions that were made before of the same files are not made again. */
import { cpSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cachedEntry, openCache } from '../synthesis/cache.ts';
import { hashBundleInputs, INSTALLED } from '../synthesis/inputs.ts';
import { bundleFunction, bundleFunctionSync } from './bundle.ts';

const ROOT = dirname(dirname(import.meta.dirname));
/** Three versions of all functions. */
const BUNDLES_KEPT = 30;

/**
 * Where npm's list of what is installed is missing, nobody knows which packages a bundle is made of:
 * there is no cache.
 */
const openBundles = () =>
  existsSync(join(ROOT, INSTALLED))
    ? openCache(join(ROOT, '.sheratan/bundles'), BUNDLES_KEPT)
    : undefined;

const keyOf = (name: string, hash = hashBundleInputs(ROOT)): string => `${name}-${hash}`;

/**
 * Bundles functions into `<outDir>/<name>/`, or copies the bundles from the cache.
 *
 * @throws Error of esbuild when the sources do not compile
 */
export const bundleFunctions = async (names: readonly string[], outDir: string): Promise<void> => {
  const cache = openBundles();
  if (!cache) {
    await Promise.all(names.map((name) => bundleFunction(name, outDir)));
    return;
  }
  const hash = hashBundleInputs(ROOT);
  const bundle = async (name: string): Promise<void> => {
    const make = (dir: string) => bundleFunction(name, dir);
    const entry =
      cache.find(keyOf(name, hash)) ?? (await cachedEntry(cache, () => keyOf(name), make));
    cpSync(join(entry, name), join(outDir, name), { recursive: true });
  };
  await Promise.all(names.map(bundle));
};

/**
 * The bundle of a function for a construct, which cannot wait for a promise: from the cache, or made
 * in `<outDir>/<name>/`.
 *
 * @returns the folder of the bundle, which no one may change
 * @throws Error of esbuild when the sources do not compile
 */
export const bundleOf = (name: string, outDir: string): string => {
  const entry = openBundles()?.find(keyOf(name));
  return entry === undefined ? bundleFunctionSync(name, outDir) : join(entry, name);
};
