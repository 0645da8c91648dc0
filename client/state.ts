/** The file by which commands find the embedded cloud that runs. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join, sep } from 'node:path';
import * as v from 'valibot';

/** The folder of this package, both in the sources and in the build. */
export const ROOT = dirname(findPackageJSON(import.meta.url) ?? import.meta.filename);

const schema = v.object({
  pid: v.number(),
  stackName: v.string(),
  outputs: v.record(v.string(), v.string()),
  clientEnv: v.record(v.string(), v.string()),
  /** URL of the cloud's dashboard. */
  dashboard: v.optional(v.string()),
});

export type EmbeddedState = v.InferOutput<typeof schema>;

/** Region and credentials for clients of the cloud's services. */
export const accessOf = ({ clientEnv }: Pick<EmbeddedState, 'clientEnv'>) => ({
  region: clientEnv['AWS_REGION'] ?? '',
  credentials: {
    accessKeyId: clientEnv['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: clientEnv['AWS_SECRET_ACCESS_KEY'] ?? '',
  },
});

/**
 * The folder of the project that this process works for. In its own repository: this package. Else
 * the nearest folder above with a package.json, else the working directory.
 */
export const projectRoot = (cwd = process.cwd()): string => {
  if (!ROOT.includes(`${sep}node_modules${sep}`)) return ROOT;
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return cwd;
  }
};

/** The folder in which a project's embedded cloud keeps its state file and its builds. */
export const home = (): string => process.env['SHERATAN_HOME'] ?? join(projectRoot(), '.sheratan');
const file = (): string => join(home(), 'embedded.json');

/** Writes the state file; creates its folder when it is missing. */
export const writeState = (state: EmbeddedState): void => {
  mkdirSync(home(), { recursive: true });
  // A reader sees the whole file or none.
  const fresh = `${file()}.new`;
  // The address of the console has its token.
  writeFileSync(fresh, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, file());
};

/** Removes the state file, if there is one. */
export const clearState = (): void => rmSync(file(), { force: true });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** The state of the embedded cloud that runs now; undefined when its process has ended. */
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
