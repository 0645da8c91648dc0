import { defineConfig } from 'vitest/config';

/** `npm run test:deployed`: a deployment each file, one after another. */
export default defineConfig({
  test: {
    include: ['tests/deployed/**/*.test.ts'],
    fileParallelism: false,
    bail: 1,
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});
