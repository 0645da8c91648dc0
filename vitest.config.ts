import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], more: object = {}) => ({
  extends: true as const,
  test: { name, include, ...more },
});

/** Emulators and worker processes share two cores: slow suites run one file at a time. */
const SLOW = { fileParallelism: false, testTimeout: 60_000, hookTimeout: 120_000 } as const;

export default defineConfig({
  test: {
    projects: [
      project('unit', ['tests/{unit,property,architecture}/**/*.test.ts']),
      project('infra', ['tests/infra/**/*.test.ts'], {
        globalSetup: 'tests/support/synthesize.ts',
        hookTimeout: 60_000,
      }),
      project('integration', ['tests/integration/**/*.test.ts'], {
        ...SLOW,
        globalSetup: 'tests/support/dynamoServer.ts',
      }),
      project('e2e', ['tests/e2e/**/*.test.ts'], {
        ...SLOW,
        testTimeout: 120_000,
        globalSetup: ['tests/support/synthesize.ts', 'tests/support/command.ts'],
      }),
    ],
  },
});
