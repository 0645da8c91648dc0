/** The `sheratan` command, as npm's `bin` names it. As a global setup, it is built first if it must be. */
import { execFileSync } from 'node:child_process';
import { isBuilt } from '../../bin/build.js';

/** What Node runs; from the sources where the build is not of them. */
export const COMMAND = 'bin/sheratan.js';

export const setup = (): void => {
  if (!isBuilt(process.cwd()))
    execFileSync(process.execPath, ['scripts/build.ts'], { stdio: 'inherit' });
};
