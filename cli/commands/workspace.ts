/** `workspace push|list`: the files that jobs read and write. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Deployment } from '#client/deployment.ts';
import type { TargetOptions } from '#client/target.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { CliError, EXIT, type ExitCode } from '../errors.ts';
import { columns, json, note, out, plain, progress } from '../print.ts';
import { looking, withDeployment } from '../session.ts';

export interface WorkspaceOptions extends TargetOptions {
  readonly name: string;
  readonly json?: boolean;
}

const SKIPPED = new Set(['.git', 'node_modules']);
const UPLOADS_AT_ONCE = 16;
const LISTED_MAX = 10_000;

const filesUnder = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesUnder(path);
    return entry.isFile() ? [path] : [];
  });

/**
 * Uploads every file below `directory`, without links, `.git` and `node_modules`.
 *
 * @returns the number of files
 * @throws CliError when the folder cannot be read
 */
export const pushDirectory = async (
  directory: string,
  name: string,
  { workspaces }: Pick<Deployment, 'workspaces'>,
): Promise<number> => {
  let files: readonly string[];
  try {
    files = filesUnder(directory);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`Cannot read ${directory}: ${reason}`, EXIT.usage, { cause: error });
  }
  const bar = progress('uploading', files.length);
  await mapPool(files, UPLOADS_AT_ONCE, async (file) => {
    const path = relative(directory, file).split(sep).join('/');
    await workspaces.write(name, path, readFileSync(file), {});
    bar.tick();
  });
  bar.end();
  return files.length;
};

/** Uploads a folder to a workspace. */
export const push = (directory: string, options: WorkspaceOptions): Promise<ExitCode> =>
  withDeployment(options, async (deployment) => {
    const count = await pushDirectory(directory, options.name, deployment);
    note(`${count} files in workspace ${options.name}`);
    return EXIT.ok;
  });

/** Lists the files of a workspace, at most 10,000. */
export const listWorkspaceCommand = (options: WorkspaceOptions): Promise<ExitCode> =>
  looking(options, async ({ workspaces }) => {
    const bounds = { recursive: true, limit: LISTED_MAX };
    const { files, truncated } = await workspaces.list(options.name, '', bounds);
    if (options.json) json(files);
    else out(columns(files.map(({ path, bytes }) => [String(bytes).padStart(10), plain(path)])));
    if (truncated) note(`Only the first ${LISTED_MAX} are shown.`);
    return EXIT.ok;
  });
