/** The stack as it is synthesized for all tests that read or run its template: once for all of them. */

import type { TestProject } from 'vitest/node';
import { keepWhileRunning } from '#infra/synthesis/cache.ts';
import { synthesize } from '#infra/synthesis/synthesize.ts';

declare module 'vitest' {
  interface ProvidedContext {
    assemblyDir: string;
  }
}

/** Short, so that a killed worker's job is back within a test's patience. */
const LEASE_SECONDS = 6;
const CONTEXT = [
  `leaseSeconds=${LEASE_SECONDS}`,
  'allowLoopback=true',
  'unknownKindGraceSeconds=0',
  'hostEvents=true',
  ...['signalUrls=true', 'http=true'],
  'securityChecks=off',
  // As an embedded cloud has it, of whatever stage.
  'monitoring=full',
];

/**
 * @returns the directory of the assembly, which no test may change
 * @throws SynthesisError when the configuration is refused, or a security check is not met
 */
export const synthesized = (context: readonly string[]): Promise<string> =>
  synthesize({ root: process.cwd(), context });

export const setup = async (project: TestProject): Promise<void> => {
  const assemblyDir = await synthesized(CONTEXT);
  keepWhileRunning(assemblyDir);
  project.provide('assemblyDir', assemblyDir);
};
