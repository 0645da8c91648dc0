/** Synthesizes the stack once for all tests that read or run its template. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';

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
  'hostEvents=true',
  'securityChecks=off',
].flatMap((setting) => ['-c', setting]);

/** @throws when the configuration is refused, or a security check is not met */
export const synthesizeInto = (dir: string, context: readonly string[]): void => {
  const cdk = join(process.cwd(), 'node_modules/aws-cdk/bin/cdk');
  // `app` in cdk.json is `node`: this one, not an older one on the PATH.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
  execFileSync(process.execPath, [cdk, 'synth', '--quiet', '--output', dir, ...context], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
};

export const setup = (project: TestProject): (() => void) => {
  const assemblyDir = mkdtempSync(join(tmpdir(), 'sheratan-assembly-'));
  synthesizeInto(assemblyDir, CONTEXT);
  project.provide('assemblyDir', assemblyDir);
  return () => rmSync(assemblyDir, { recursive: true, force: true });
};
