/** What `sheratan init` writes: a first kind with its test, and a CDK app around the mesh. */
import type { InitFile } from './write.ts';

const KINDS = `/** The kinds of this mesh: each job definition that is exported here. */
export { hello } from './hello.ts';
`;

const HELLO = `import { defineJob } from 'sheratan';
import * as v from 'valibot';

export const hello = defineJob({
  kind: 'hello',
  payload: v.object({ name: v.pipe(v.string(), v.minLength(1)) }),
  run: async ({ name }, { progress }) => {
    progress(0.5, \`greeting \${name}\`);
    return { greeting: \`hello \${name}\` };
  },
});
`;

const TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runJob } from 'sheratan/testing';
import { hello } from './hello.ts';

test('greets by name', async () => {
  const { result } = await runJob(hello, { name: 'Ada' });
  assert.deepEqual(result, { greeting: 'hello Ada' });
});

test('refuses nobody', async () => {
  await assert.rejects(runJob(hello, { name: '' }), { code: 'PAYLOAD_INVALID' });
});
`;

const APP = `import { App, Stack } from 'aws-cdk-lib';
import { Sheratan } from 'sheratan/cdk';

const app = new App();
const stage = app.node.tryGetContext('stage') ?? 'dev';
const stack = new Stack(app, \`Mesh-\${stage}\`);
new Sheratan(stack, 'Mesh', { stage, kinds: './jobs/index.ts' });
`;

const CDK = `${JSON.stringify({ app: 'node infra/app.ts' }, null, 2)}
`;

const TSCONFIG = `${JSON.stringify(
  {
    compilerOptions: {
      module: 'nodenext',
      target: 'es2024',
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      types: ['node'],
    },
    include: ['jobs', 'infra'],
  },
  null,
  2,
)}
`;

const IGNORED = ['node_modules/', '.sheratan/', 'cdk.out/'];

/** The files; an existing file is never overwritten. */
export const INIT_FILES: readonly InitFile[] = [
  { path: 'jobs/index.ts', content: KINDS },
  { path: 'jobs/hello.ts', content: HELLO },
  { path: 'jobs/hello.test.ts', content: TEST },
  { path: 'infra/app.ts', content: APP, unless: ['cdk.json'] },
  { path: 'cdk.json', content: CDK },
  { path: 'tsconfig.json', content: TSCONFIG },
  { path: '.gitignore', content: `${IGNORED.join('\n')}\n`, lines: IGNORED },
];

/** Scripts that are added to package.json when they are missing. */
/** For projects of pnpm, which runs no script of a package that is not named here. */
export const OF_PNPM: InitFile = {
  path: 'pnpm-workspace.yaml',
  content: `# esbuild puts its program in place after it is installed.
allowBuilds:
  esbuild: true
onlyBuiltDependencies:
  - esbuild
`,
};

export const INIT_SCRIPTS: Readonly<Record<string, string>> = {
  dev: 'sheratan dev',
  test: 'node --test "jobs/**/*.test.ts"',
  types: 'tsc -p .',
};
/** npm's placeholder for a missing test script. */
export const NO_TEST = /^echo .*no test specified/;

/** Packages that the files need in addition to `sheratan`. */
export const INIT_DEPENDENCIES = ['valibot'] as const;
export const INIT_DEV_DEPENDENCIES = [
  ...['aws-cdk', 'aws-cdk-lib', 'constructs', 'esbuild', 'fauxqs'],
  ...['typescript', '@types/node'],
] as const;

/** The lines that an existing CDK app needs. */
export const INTO_AN_APP = `import { Sheratan } from 'sheratan/cdk';
new Sheratan(stack, 'Mesh', { stage: 'dev', kinds: './jobs/index.ts' });`;
