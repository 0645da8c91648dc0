/**
 * `npm run release`: rehearses a release; with `-- --publish` publishes the package. Provenance needs a
 * workflow with an OpenID Connect token, such as GitHub Actions with `id-token: write`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { releaseFaults } from './releaseFaults.ts';

const publishes = process.argv.includes('--publish');
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly version: string;
  readonly private?: boolean;
  readonly repository?: string | { readonly url: string };
};
const { repository } = manifest;
const faults = releaseFaults(
  {
    version: manifest.version,
    changes: execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' }),
    changelog: readFileSync('CHANGELOG.md', 'utf8'),
    isPrivate: manifest.private === true,
    repository: typeof repository === 'string' ? repository : repository?.url,
  },
  publishes,
);
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exit(1);

/** Ends this program when the command fails. */
const run = (command: string, args: readonly string[], cwd = '.'): void => {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};
run('npm', ['run', 'lint']);
run('npm', ['test']);
// Leaves build/package as it was tested.
run('npm', ['run', 'test:package']);
const provenance = ['--provenance', '--access', 'public'];
run('npm', ['publish', ...(publishes ? provenance : ['--dry-run'])], 'build/package');
