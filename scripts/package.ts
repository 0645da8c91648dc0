/**
 * Makes build/package: what `npm pack` and `npm publish` take. JavaScript beside its declarations in
 * the folders of the sources, since Node does not strip types below node_modules; the command as it
 * is built; and the assembly that `sheratan dev` runs, so that it needs no CDK.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assemblyFor } from '../client/dev/assembly.ts';
import { bundleCommand } from './bundleCommand.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const OUT = join(ROOT, 'build/package');
const FOLDERS = ['shared', 'functions', 'infra', 'emulator', 'cli', 'client'];

/** Heavy, and not needed by who only defines or sends jobs: named by a message where one is missing. */
const OPTIONAL_PEERS = ['aws-cdk', 'aws-cdk-lib', 'constructs', 'esbuild', 'fauxqs'];
/** Copied as they are. */
const COPIED = [
  'bin',
  'docs',
  'examples/jobs.json',
  'examples/hosts.json',
  'examples/workspace',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
];

interface Manifest {
  readonly [name: string]: unknown;
  readonly repository?: unknown;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const write = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(OUT, path)), { recursive: true });
  writeFileSync(join(OUT, path), content);
};

const compile = (): void => {
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const { stdout } = spawnSync(tsc, ['-p', 'tsconfig.package.json', '--pretty', 'false'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  // Imports by `#` keep their ending; the package's map leads them to what was compiled.
  const faults = stdout.split('\n').filter((line) => line !== '' && !line.includes('TS2877'));
  if (faults.length > 0) throw new Error(faults.join('\n'));
};

const compiled = (path: string) => {
  const stem = path.replace(/\.ts$/, '');
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
};

const manifestOf = (source: Manifest): object => {
  const { name, version, description, license, type, bin, optionalDependencies, repository } =
    source;
  const peers = OPTIONAL_PEERS.map((peer) => [peer, source.devDependencies[peer]] as const);
  const optional = Object.fromEntries(OPTIONAL_PEERS.map((peer) => [peer, { optional: true }]));
  return {
    name,
    version,
    description,
    license,
    ...(repository !== undefined && { repository }),
    type,
    bin,
    engines: { node: '>=22.18' },
    sideEffects: false,
    exports: Object.fromEntries(
      Object.entries(source.exports).map(([entry, path]) => [
        entry,
        path.endsWith('.ts') ? compiled(path) : path,
      ]),
    ),
    imports: {
      '#kinds': compiled('./shared/jobs/kinds/index.ts'),
      ...Object.fromEntries(
        FOLDERS.map((folder) => [`#${folder}/*.ts`, compiled(`./${folder}/*.ts`)]),
      ),
    },
    dependencies: source.dependencies,
    optionalDependencies,
    peerDependencies: Object.fromEntries(peers),
    peerDependenciesMeta: optional,
  };
};

rmSync(OUT, { recursive: true, force: true });
compile();
for (const { name, content } of (await bundleCommand()).files) write(join('dist', name), content);
for (const path of COPIED) {
  mkdirSync(dirname(join(OUT, path)), { recursive: true });
  cpSync(join(ROOT, path), join(OUT, path), { recursive: true });
}
cpSync(join(OUT, 'dist/page'), join(OUT, 'cli/page'), { recursive: true });
cpSync(await assemblyFor('dev'), join(OUT, 'assembly'), { recursive: true });
const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Manifest;
const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
write('package.json', json(manifestOf(read('package.json'))));
write('cdk.json', json({ ...read('cdk.json'), app: 'node infra/app.js' }));
