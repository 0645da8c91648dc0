/** Builds the command, which starts faster so than from its sources. Commands may run meanwhile. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ACCOUNT, digestOf } from '../bin/build.js';
import { type BuiltFile, bundleCommand } from './bundleCommand.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const DAY_MS = 86_400_000;

/** Beside the sources: what bundles are made with and of. */
const AROUND = [
  'bin/build.js',
  'scripts/bundleCommand.ts',
  'package.json',
  'package-lock.json',
  'node_modules/.package-lock.json',
  'scripts/build.ts',
  'tsconfig.json',
];

/** Whole at once, for whoever reads it meanwhile. */
const write = ({ name, content }: BuiltFile): void => {
  const path = join(ROOT, 'dist', name);
  const unfinished = `${path}.${randomUUID()}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
};

/** A command that runs since before may load the chunks of its own build for a day. */
const removeOld = (files: readonly BuiltFile[]): void => {
  const folder = join(ROOT, 'dist/cli');
  const current = new Set(files.map(({ name }) => basename(name)));
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const age = Date.now() - statSync(path).mtimeMs;
    if (!current.has(name) && age > DAY_MS) rmSync(path, { force: true });
  }
};

const buildCommand = async (): Promise<void> => {
  const { files, inputs } = await bundleCommand();
  const sources = [...new Set([...AROUND, ...inputs])].sort();
  const account = { files: sources, digest: digestOf(ROOT, sources) };
  // The account is last: until then, commands run from the sources.
  const all = [...files, { name: ACCOUNT.slice('dist/'.length), content: JSON.stringify(account) }];
  for (const file of all) write(file);
  removeOld(all);
};

await buildCommand();
