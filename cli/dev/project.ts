/** The project that an embedded cloud is started for, with its own kinds if it has some. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findKinds, type OwnKinds, openOwnKinds } from '#client/dev/ownKinds.ts';
import { home, projectRoot, readState } from '#client/state.ts';

export interface Project {
  /** Absolute path of the module that exports the kinds. */
  readonly module: string;
  readonly kinds: OwnKinds;
}

/**
 * Finds the kinds of the project and prepares their builds.
 *
 * @param kinds the module of the kinds; default: `jobs/index.ts`
 * @returns undefined when the project has no kinds of its own
 * @throws CliError when the named module or esbuild is missing
 */
export const openProject = async ({
  kinds,
}: {
  readonly kinds?: string;
}): Promise<Project | undefined> => {
  const module = findKinds(projectRoot(), kinds);
  if (module === undefined) return undefined;
  const scratch = join(home(), 'dev');
  // Builds of clouds that have ended, however they ended.
  if (!readState()) rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  return { module, kinds: await openOwnKinds(module, mkdtempSync(join(scratch, 'kinds-'))) };
};
