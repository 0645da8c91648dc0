/** The inputs of a synthesis as one hash: the same hash means the same assembly. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Whole folders: a new file that an import would find must change the hash, too. */
const FOLDERS = ['functions', 'infra', 'shared'];
/** npm's own list of what is installed. */
export const INSTALLED = 'node_modules/.package-lock.json';
const FILES = [
  'cdk.json',
  'cdk.context.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  INSTALLED,
];
/** The environment variables that Node and the CDK read. */
const VARIABLES = /^(?:CDK_|NODE_OPTIONS$)/;

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const filesBelow = (root: string, folder: string): readonly string[] => {
  try {
    return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
};

/** The content; undefined for a missing file, which also counts in the hash. */
const contentOf = (path: string): Buffer | undefined => {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** Paths of the files that a synthesis may read, relative to `root`, without installed packages. */
export const synthesisFiles = (root: string): readonly string[] =>
  [...FILES, ...FOLDERS.flatMap((folder) => filesBelow(root, folder))].sort();

const pathsIn = (root: string): readonly string[] =>
  synthesisFiles(root).map((name) => join(root, name));

const hashOf = (start: unknown, root: string, paths: readonly string[]): string => {
  const hash = createHash('sha256').update(JSON.stringify(start));
  for (const path of paths) {
    const content = contentOf(path);
    hash.update(`\0${path.slice(root.length)}\0${content?.length ?? 'none'}\0`);
    if (content) hash.update(content);
  }
  return hash.digest('hex');
};

/**
 * The hash of all inputs.
 *
 * @param root absolute path, without a slash at its end
 * @param context the arguments of `cdk synth` that choose the configuration
 */
export const hashInputs = (
  root: string,
  context: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string => {
  const variables = Object.entries(env).filter(([name]) => VARIABLES.test(name));
  const around = [process.version, process.platform, process.arch, context, variables.sort()];
  // The CDK also reads settings and context from the user's home.
  const personal = join(homedir(), '.cdk.json');
  return hashOf(around, root, [...pathsIn(root), personal]);
};

/**
 * The hash of all files that a bundle of a function is made of: those of a synthesis. Arguments and
 * variables are not among them.
 *
 * @param root absolute path, without a slash at its end
 */
export const hashBundleInputs = (root: string): string => hashOf('bundles', root, pathsIn(root));
