/** Writes files into a project, and overwrites none. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface InitFile {
  readonly path: string;
  readonly content: string;
  /** Paths that, when one of them exists, mean that the project does this in its own way. */
  readonly unless?: readonly string[];
  /** For a list such as .gitignore: missing lines are added at the end. */
  readonly lines?: readonly string[];
}

export interface WrittenFile {
  readonly path: string;
  readonly how: 'written' | 'extended' | 'kept';
}

const extended = (path: string, lines: readonly string[]): boolean => {
  const text = readFileSync(path, 'utf8');
  const there = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  const missing = lines.filter((line) => !there.has(line));
  if (missing.length === 0) return false;
  const end = text === '' || text.endsWith('\n') ? '' : '\n';
  writeFileSync(path, `${text}${end}${missing.join('\n')}\n`);
  return true;
};

/** Writes the files in this order; keeps existing ones. */
export const writeFiles = (root: string, files: readonly InitFile[]): readonly WrittenFile[] => {
  // Checked before anything is written: a new file of this run must not count as the project's own.
  const own = new Set(
    files.flatMap(({ unless = [] }) => unless).filter((path) => existsSync(join(root, path))),
  );
  return files.map(({ path, content, unless = [], lines }): WrittenFile => {
    const file = join(root, path);
    if (unless.some((each) => own.has(each))) return { path, how: 'kept' };
    if (existsSync(file))
      return { path, how: lines && extended(file, lines) ? 'extended' : 'kept' };
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return { path, how: 'written' };
  });
};

interface Manifest {
  type?: string;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** What package.json must contain for the files to run. */
export interface WantedFile {
  readonly scripts: Readonly<Record<string, string>>;
  /** A script that counts as missing. */
  readonly placeholder: RegExp;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const missingIn = (
  given: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(Object.entries(wanted).filter(([name]) => given[name] === undefined));

/** Names that do not count as code: npm, git and people put them into an empty folder. */
const NO_CODE =
  /^(?:package\.json|package-lock\.json|pnpm-lock\.yaml|yarn\.lock|node_modules|\..*|.*\.md|LICENSE.*)$/;

/** Whether the folder has no code, so that its module type may be set. */
export const hasNoCode = (root: string): boolean =>
  readdirSync(root).every((name) => NO_CODE.test(name));

export interface Extended {
  /** Names of the added scripts and packages. */
  readonly added: readonly string[];
  /** Whether Node loads the project's `.ts` files as ES modules, as kinds need. */
  readonly isModule: boolean;
}

/**
 * Adds what is missing to package.json; creates the file when there is none.
 *
 * @param setType whether to make the project one of ES modules; only for a project without code
 */
export const extendManifest = (
  root: string,
  name: string,
  wanted: WantedFile,
  setType: boolean,
): Extended => {
  const path = join(root, 'package.json');
  const before: Manifest = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest)
    : ({ name, version: '0.0.0', private: true } as Manifest);
  const scripts = Object.fromEntries(
    Object.entries(before.scripts ?? {}).filter(([, script]) => !wanted.placeholder.test(script)),
  );
  const all = { ...before.dependencies, ...before.devDependencies };
  const newScripts = missingIn(scripts, wanted.scripts);
  const newDependencies = missingIn(all, wanted.dependencies);
  const newDevDependencies = missingIn(all, wanted.devDependencies);
  const after = {
    ...before,
    ...(setType && { type: 'module' }),
    scripts: { ...scripts, ...newScripts },
    dependencies: { ...before.dependencies, ...newDependencies },
    devDependencies: { ...before.devDependencies, ...newDevDependencies },
  };
  writeFileSync(path, `${JSON.stringify(after, null, 2)}\n`);
  const added = [newScripts, newDependencies, newDevDependencies];
  return {
    added: added.flatMap((each) => Object.keys(each)),
    isModule: setType || before.type === 'module',
  };
};
