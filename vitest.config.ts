import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/support/longestFirst.ts';
import { slowest } from './tests/support/slowest.ts';

const project = (name: string, include: string[], more: object = {}) => ({
  extends: true as const,
  test: { name, include, ...more },
});

/** Patience for a machine that is ten times slower; no test that passes waits for any of it. */
const SLOW = {
  testTimeout: 120_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 30_000 } },
} as const;

/** Where a machine wants the results as JSON. */
const report = process.env['SHERATAN_TEST_REPORT'];
const forMachines: ['json', { outputFile: string }][] = report
  ? [['json', { outputFile: report }]]
  : [];

export default defineConfig({
  test: {
    reporters: ['default', slowest, ...forMachines],
    // Files make tables, queues and clouds of their own, and wait for them more than they compute.
    maxWorkers: 3,
    ...SLOW,
    sequence: { sequencer: LongestFirst },
    projects: [
      project('unit', ['tests/{unit,property,architecture,golden}/**/*.test.ts'], {
        // These keep nothing between files: what they import is loaded once for all of them.
        isolate: false,
      }),
      project('infra', ['tests/infra/**/*.test.ts'], {
        isolate: false,
        globalSetup: 'tests/support/synthesize.ts',
      }),
      project('integration', ['tests/integration/**/*.test.ts'], {
        // Each of them makes what it changes; what they import is a fifth of their work.
        isolate: false,
        globalSetup: 'tests/support/dynamoServer.ts',
      }),
      project('e2e', ['tests/e2e/**/*.test.ts'], {
        globalSetup: ['tests/support/synthesize.ts', 'tests/support/command.ts'],
      }),
    ],
  },
});
