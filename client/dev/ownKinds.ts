/** A project's own kinds: found, bundled with the worker, listed. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { BuildFailure, BuildResult, Message } from 'esbuild';
import type { KindInfo } from '#shared/contracts/kindsFile.ts';
import { MeshError } from '../errors.ts';

/** The default module of a project's kinds. */
const PLACES = ['ts', 'js', 'mts', 'mjs'].map((ending) => `jobs/index.${ending}`);
/**
 * Absolute path of the module that exports the project's kinds; undefined when the project has
 * none.
 *
 * @param given a path in place of `jobs/index.ts`
 * @throws MeshError NO_KINDS when the given path does not exist
 */
export const findKinds = (root: string, given?: string): string | undefined => {
  if (given !== undefined) {
    const path = resolve(root, given);
    if (!existsSync(path))
      throw new MeshError('NO_KINDS', `There is no module of kinds at ${path}.`);
    return path;
  }
  return PLACES.map((place) => join(root, place)).find((path) => existsSync(path));
};

/** End of the name of the function that runs the jobs, and so the kinds. */
export const WORKER = '-worker';

/** A built worker with the project's kinds. */
export interface BuiltWorker {
  /** The folder with the worker's `index.mjs`; its files never change. */
  readonly dir: string;
  /** Names of all kinds, also of the built-in kinds. */
  readonly kinds: readonly string[];
  /** Absolute path of `kinds.json`, which each build writes anew. */
  readonly kindsFile: string;
  /** Absolute paths of the project's files in the build. */
  readonly sources: readonly string[];
}

/**
 * Thrown when the kinds cannot run; the message is that of esbuild, of the module or of
 * `defineJob`, with its place.
 */
export class KindsError extends MeshError {
  override readonly name = 'KindsError';
  /**
   * Absolute paths of the project's files in the failed build, as far as they are known: a change
   * of one may fix the fault.
   */
  readonly sources: readonly string[];
  constructor(message: string, sources: readonly string[]) {
    super('KINDS_INVALID', message);
    this.sources = sources;
  }
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && 'errors' in error && Array.isArray(error.errors);

const messageText = ({ text, location }: Message): string =>
  location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text;

const esbuild = async () => {
  try {
    return await import('esbuild');
  } catch (error) {
    const message = 'Own kinds are bundled by esbuild: run "npm i -D esbuild" first.';
    throw new MeshError('NO_BUNDLER', message, { cause: error });
  }
};

const projectFiles = ({ metafile }: BuildResult<{ metafile: true }>, root: string) =>
  Object.keys(metafile.inputs)
    .filter((path) => !path.includes('node_modules/') && !path.includes('(disabled)'))
    .map((path) => resolve(root, path));

export interface OwnKinds {
  /**
   * Builds the worker from the files as they are now.
   *
   * @throws KindsError when the kinds do not build or cannot be loaded
   */
  build(): Promise<BuiltWorker>;
  close(): Promise<void>;
}

/**
 * Prepares builds of the worker with a project's kinds; `close` ends esbuild's process.
 *
 * @param own absolute path of the module that exports the kinds
 * @param scratch folder for builds; each build gets a new folder in it
 * @throws MeshError NO_BUNDLER when esbuild is not installed
 */
export const openOwnKinds = async (own: string, scratch: string): Promise<OwnKinds> => {
  const [{ context }, { kindListing, kindsFileText, listingFault, workerOptions }] =
    await Promise.all([esbuild(), import('#infra/bundle/bundle.ts')]);
  const kindsFile = join(scratch, 'kinds.json');
  const options = workerOptions(own, scratch);
  const outdir = join(scratch, 'worker');
  const building = await context({ ...options, outdir, write: false, logLevel: 'silent' });
  const built: string[] = [];
  return {
    build: async () => {
      const dir = join(scratch, `worker-${randomUUID()}`);
      const result = await building.rebuild().catch((error: unknown) => {
        if (!isBuildFailure(error)) throw error;
        const texts = error.errors.map(messageText);
        const places = error.errors.flatMap(({ location }) => location?.file ?? []);
        throw new KindsError(
          `The kinds do not build.\n${texts.join('\n')}`,
          places.map((file) => resolve(options.absWorkingDir, file)),
        );
      });
      for (const { path, contents } of result.outputFiles) {
        const file = join(dir, relative(outdir, path));
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, contents);
      }
      // Jobs may still run on the last builds; older builds are removed.
      built.push(dir);
      for (const old of built.splice(0, Math.max(0, built.length - 3)))
        rmSync(old, { recursive: true, force: true });
      const sources = projectFiles(result, options.absWorkingDir);
      const { args, timeout } = kindListing(dir);
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout }).catch(
        (error: unknown) => {
          throw new KindsError(`The kinds cannot be loaded.\n${listingFault(error)}`, sources);
        },
      );
      writeFileSync(`${kindsFile}.new`, kindsFileText(stdout));
      renameSync(`${kindsFile}.new`, kindsFile);
      const kinds = (JSON.parse(stdout) as readonly KindInfo[]).map(({ kind }) => kind);
      return { dir, kinds, kindsFile, sources };
    },
    close: () => building.dispose(),
  };
};
