import { defineConfig } from 'vitest/config';

/** Where a machine wants the results as JSON. */
const report = process.env['SHERATAN_TEST_REPORT'];
const forMachines: ['json', { outputFile: string }][] = report
  ? [['json', { outputFile: report }]]
  : [];

/** `npm run test:deployed`: each file deploys stages of its own. */
export default defineConfig({
  test: {
    reporters: ['default', ...forMachines],
    include: ['tests/deployed/**/*.test.ts'],
    globalSetup: 'tests/support/bootstrap.ts',
    maxWorkers: 2,
    bail: 1,
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
