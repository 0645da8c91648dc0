/** `init`: writes into a project what its own kinds need. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { EXIT, type ExitCode } from '../errors.ts';
import {
  INIT_DEPENDENCIES,
  INIT_DEV_DEPENDENCIES,
  INIT_FILES,
  INIT_SCRIPTS,
  INTO_AN_APP,
  NO_TEST,
  OF_PNPM,
} from '../init/files.ts';
import { extendManifest, hasNoCode, type WantedFile, writeFiles } from '../init/write.ts';
import { columns, note, out, paint } from '../print.ts';

/** Versions of the user's compiler: any that reads the package's declarations. */
const OF_THE_USER: Readonly<Record<string, string>> = {
  typescript: '^5.9.0',
  '@types/node': '^24.0.0',
};

const versionsOf = (names: readonly string[]): Record<string, string> => {
  const known: Readonly<Record<string, string>> = {
    ...manifest.devDependencies,
    ...manifest.dependencies,
    ...OF_THE_USER,
  };
  return Object.fromEntries(names.map((name) => [name, known[name] ?? 'latest']));
};

const WANTED: WantedFile = {
  scripts: INIT_SCRIPTS,
  placeholder: NO_TEST,
  dependencies: {
    ...versionsOf(INIT_DEPENDENCIES),
    [manifest.name]: `^${manifest.version}`,
  },
  devDependencies: versionsOf(INIT_DEV_DEPENDENCIES),
};

const LOCKS = [
  ['pnpm-lock.yaml', 'pnpm install'],
  ['yarn.lock', 'yarn'],
] as const;
const installIn = (root: string): string =>
  LOCKS.find(([lock]) => existsSync(join(root, lock)))?.[1] ?? 'npm install';
const filesFor = (root: string) =>
  installIn(root).startsWith('pnpm') ? [...INIT_FILES, OF_PNPM] : INIT_FILES;

/** A valid package name, from the folder's name. */
const nameOf = (root: string): string =>
  basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'mesh';

/** Written only when the project has no CDK app. */
const CDK_APP = 'infra/app.ts';

const COLOUR = { written: 'green', extended: 'yellow', kept: 'dim' } as const;

/**
 * Adds files, scripts and dependencies to a project; changes no existing file but package.json and
 * lists such as .gitignore.
 *
 * @param folder the project; it is created when missing
 */
export const init = async (folder = '.'): Promise<ExitCode> => {
  const root = resolve(folder);
  const isNew = hasNoCode(root);
  const files = writeFiles(root, filesFor(root));
  const { added, isModule } = extendManifest(root, nameOf(root), WANTED, isNew);
  out(columns(files.map(({ path, how }) => [paint(COLOUR[how], how), path])));
  out(columns([['package.json', added.length === 0 ? 'as it was' : `+ ${added.join(', ')}`]]));
  if (!isModule)
    note(
      'package.json has no "type": "module": Node takes .ts files for CommonJS. Set it, or end the names in .mts.',
    );
  if (!existsSync(join(root, CDK_APP)))
    note(`\nThere is a CDK app: put these lines into its stack.\n\n${INTO_AN_APP}`);
  note(
    `\nNext:  ${installIn(root)}\n       npx sheratan dev\n       npm test\n       npx cdk deploy`,
  );
  return EXIT.ok;
};
