import { defineConfig } from 'vitest/config';

/** The packed package in a folder of its own; needs the npm registry. */
export default defineConfig({
  test: { include: ['tests/package/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 600_000 },
});
