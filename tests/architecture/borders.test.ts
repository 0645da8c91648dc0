/** The borders of the rooms hold: an import that must not be is put into each, and is refused. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const TOP = ['shared', 'functions', 'infra', 'emulator', 'cli', 'client'];
const ADAPTER = /\/(?:dynamo|sqs|s3|http|secretsManager|eventbridge|scheduler)$|^shared\/aws$/;

/** Every folder that holds sources, a new one too. */
const rooms = [
  ...new Set(
    TOP.flatMap((top) =>
      readdirSync(top, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => dirname(join(top, name))),
    ),
  ),
].sort();

const isRule = (room: string): boolean =>
  room.startsWith('shared/') &&
  !ADAPTER.test(room) &&
  !['shared/runtime', 'shared/wiring'].includes(room);

/** What a room may not import, each for another reason. */
const forbiddenIn = (room: string): readonly string[] => {
  if (room.startsWith('shared/kernel') || room.startsWith('shared/contracts'))
    return ['#shared/jobs/record/record.ts', '@aws-sdk/client-sqs', 'valibot'];
  const above = ['#tests/support/seeded.ts', '#functions/worker/handler.ts'];
  if (room.startsWith('infra')) return [...above, '#emulator/cloud.ts', '#shared/kernel/json.ts'];
  if (room.startsWith('emulator'))
    return [...above, '#cli/main.ts', '#shared/jobs/record/record.ts'];
  if (room.startsWith('cli')) return [...above, 'aws-cdk-lib'];
  if (room.startsWith('client')) return [...above, '#cli/main.ts', 'aws-cdk-lib'];
  const beside = ['#cli/main.ts', '#infra/app.ts', '#emulator/cloud.ts', 'aws-cdk-lib'];
  const outside = isRule(room)
    ? ['@aws-sdk/client-sqs', '@middy/core', 'node:https', '#shared/wiring/openLedger.ts']
    : [];
  const adapters = isRule(room) ? ['#shared/aws/sendAll.ts', '../dynamo/jobStore.ts'] : [];
  const jobs =
    room.startsWith('shared/ledger') || room.startsWith('shared/hosts')
      ? ['#shared/jobs/record/record.ts', '#shared/billing/jobCost.ts']
      : [];
  const core = room === 'shared/ledger/core' ? ['../write/ledger.ts', '../audit/verify.ts'] : [];
  return [...above, ...beside, ...outside, ...adapters, ...jobs, ...core];
};

const root = mkdtempSync(join(tmpdir(), 'sheratan-borders-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, lines: readonly string[]): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${lines.join('\n')}\n`);
};
const importOf = (name: string): string => `import '${name}';`;

interface Diagnostic {
  readonly category: string;
  readonly location: { readonly path: string; readonly start: { readonly line: number } };
}

/** The lines of each file whose import is refused. */
let refused: ReadonlyMap<string, readonly number[]>;
/** Files that are in a circle, of types alone, too. */
let circles: readonly string[];

beforeAll(() => {
  const { vcs: _, ...config } = JSON.parse(readFileSync('biome.json', 'utf8')) as {
    vcs: unknown;
  };
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
  write('biome.json', [JSON.stringify(config)]);
  for (const room of rooms) {
    write(`${room}/forbidden.ts`, forbiddenIn(room).map(importOf));
    write(`${room}/allowed.ts`, [importOf('#shared/contracts/jobs.ts')]);
  }
  write('shared/jobs/circle.ts', ["import type { B } from './back.ts';", 'export type A = B[];']);
  write('shared/jobs/back.ts', ["import type { A } from './circle.ts';", 'export type B = A[];']);
  const { stdout } = spawnSync(
    process.execPath,
    [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1_048_576 },
  );
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] };
  const of = (rule: string) => diagnostics.filter(({ category }) => category.endsWith(rule));
  refused = new Map(
    [...Map.groupBy(of('noRestrictedImports'), ({ location }) => location.path)].map(
      ([path, all]) => [path, all.map(({ location }) => location.start.line)],
    ),
  );
  circles = of('noImportCycles').map(({ location }) => location.path);
}, 120_000);

describe('what a room may not import', () => {
  it.each(rooms)('is refused in %s', (room) => {
    const lines = new Set(refused.get(`${room}/forbidden.ts`));
    const passed = forbiddenIn(room).filter((_, index) => !lines.has(index + 1));
    expect(passed).toEqual([]);
    const isApart = /^shared\/(?:kernel|contracts)/.test(room);
    expect(refused.get(`${room}/allowed.ts`) ?? []).toEqual(isApart ? [1] : []);
  });
});

it('circles are refused, those of types, too', () => {
  expect(circles.toSorted()).toEqual(['shared/jobs/back.ts', 'shared/jobs/circle.ts']);
});
