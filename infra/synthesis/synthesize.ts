/** Runs `cdk synth`, unless the same inputs were synthesized before. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { cachedEntry, openCache } from './cache.ts';
import { hashInputs } from './inputs.ts';

export interface SynthesisOptions {
  /** The folder of cdk.json. */
  readonly root: string;
  /** Settings of the stack in the form of `-c`: `stage=dev`. */
  readonly context: readonly string[];
  /**
   * Gets the synthesis as a function when there must be one, calls it and awaits it. For a message,
   * and to measure its time.
   */
  readonly around?: (synthesis: () => Promise<void>) => Promise<void>;
}

/** Thrown when the configuration is refused, a security check fails, or the stack's code throws. */
export class SynthesisError extends Error {
  override readonly name = 'SynthesisError';
  readonly code = 'SYNTHESIS_FAILED';
}

/** Node's own folder for compiled modules: the CDK is large. */
const COMPILED = join(tmpdir(), 'node-compile-cache');

const cdkSynth = async (root: string, args: readonly string[], output: string): Promise<void> => {
  const cdk = createRequire(join(root, 'package.json')).resolve('aws-cdk/bin/cdk');
  // cdk.json says `node`: this must be the Node of this process, not an older one on the PATH.
  const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`;
  const child = spawn(process.execPath, [cdk, 'synth', '--quiet', '--output', output, ...args], {
    cwd: root,
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, PATH: path, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new SynthesisError(`The stack could not be synthesized.\n${said.trim()}`);
  // Warnings go to standard error: a program may read standard output.
  process.stderr.write(said);
};

/**
 * Synthesizes the stack.
 *
 * @returns the folder of the assembly, which no one may change
 * @throws SynthesisError `SYNTHESIS_FAILED`, with the CDK's own message
 */
export const synthesize = async (options: SynthesisOptions): Promise<string> => {
  const { root, context, around = (synthesis) => synthesis() } = options;
  const args = context.flatMap((setting) => ['-c', setting]);
  // The checks that the CDK brings along take half of the time, and only AWS needs them.
  if (context.includes('securityChecks=off')) args.push('--no-validation');
  return cachedEntry(
    openCache(join(root, '.sheratan/assemblies')),
    () => hashInputs(root, args),
    async (dir) => {
      await around(() => cdkSynth(root, args, dir));
      // The assets are copies of the bundles.
      rmSync(join(dir, 'bundles'), { recursive: true, force: true });
    },
  );
};
