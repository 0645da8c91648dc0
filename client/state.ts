/** Where a running embedded cloud leaves word of itself, so that the other commands find it. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join, sep } from 'node:path';
import * as v from 'valibot';

/** Where this package is, from its sources as from its build. */
export const ROOT = dirname(findPackageJSON(import.meta.url) ?? import.meta.filename);

const schema = v.object({
  pid: v.number(),
  stackName: v.string(),
  outputs: v.record(v.string(), v.string()),
  clientEnv: v.record(v.string(), v.string()),
  /** Where its dashboard is. */
  dashboard: v.optional(v.string()),
});

export type EmbeddedState = v.InferOutput<typeof schema>;

/** What clients of any of its services are made with. */
export const accessOf = ({ clientEnv }: Pick<EmbeddedState, 'clientEnv'>) => ({
  region: clientEnv['AWS_REGION'] ?? '',
  credentials: {
    accessKeyId: clientEnv['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: clientEnv['AWS_SECRET_ACCESS_KEY'] ?? '',
  },
});

/**
 * Where the project is that this process works for: this package itself in its repository, else the
 * nearest folder above that has a package.json, else the present one.
 */
export const projectRoot = (cwd = process.cwd()): string => {
  if (!ROOT.includes(`${sep}node_modules${sep}`)) return ROOT;
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return cwd;
  }
};

/** Where a project's embedded cloud leaves word of itself and keeps what it builds. */
export const home = (): string => process.env['SHERATAN_HOME'] ?? join(projectRoot(), '.sheratan');
const file = (): string => join(home(), 'embedded.json');

export const writeState = (state: EmbeddedState): void => {
  mkdirSync(home(), { recursive: true });
  // Whoever looks meanwhile sees all of it or nothing.
  const fresh = `${file()}.new`;
  writeFileSync(fresh, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(fresh, file());
};

export const clearState = (): void => rmSync(file(), { force: true });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** The embedded cloud that runs now; one whose process is gone does not count. */
export const readState = (): EmbeddedState | undefined => {
  let text: string;
  try {
    text = readFileSync(file(), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const state = v.safeParse(schema, JSON.parse(text));
  return state.success && isAlive(state.output.pid) ? state.output : undefined;
};
