/** `cdk synth`, unless the same inputs were synthesized before. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { openCache } from './cache.ts';
import { hashInputs } from './inputs.ts';

export interface SynthesisOptions {
  /** Where cdk.json is. */
  readonly root: string;
  /** Settings of the stack, as `-c` takes them: `stage=dev`. */
  readonly context: readonly string[];
  /** Is given the synthesis if there must be one, and awaits it: to say so and to take its time. */
  readonly around?: (synthesis: () => Promise<void>) => Promise<void>;
}

/** The configuration was refused, a security check is not met, or the code of the stack failed. */
export class SynthesisError extends Error {
  override readonly name = 'SynthesisError';
  readonly code = 'SYNTHESIS_FAILED';
}

const cdkSynth = async (root: string, args: readonly string[], output: string): Promise<void> => {
  const cdk = createRequire(join(root, 'package.json')).resolve('aws-cdk/bin/cdk');
  // The app command in cdk.json is `node`: it must be this Node, not an older one on the PATH.
  const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`;
  const child = spawn(process.execPath, [cdk, 'synth', '--quiet', '--output', output, ...args], {
    cwd: root,
    env: { ...process.env, PATH: path, CI: 'true' },
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
  // Warnings: standard output may be read by a program.
  process.stderr.write(said);
};

/** A file was written while the synthesis read them: of which state its result is, nobody knows. */
class InputsChanged extends Error {}

/**
 * @returns the directory of the assembly, which nobody may change
 * @throws SynthesisError with what the CDK says is wrong
 */
export const synthesize = async (options: SynthesisOptions): Promise<string> => {
  const { root, around = (synthesis) => synthesis() } = options;
  const args = options.context.flatMap((setting) => ['-c', setting]);
  const cache = openCache(join(root, '.sheratan/assemblies'));
  const key = hashInputs(root, args);
  const make = async (dir: string): Promise<void> => {
    await around(() => cdkSynth(root, args, dir));
    // The assets are copies of them.
    rmSync(join(dir, 'bundles'), { recursive: true, force: true });
    if (hashInputs(root, args) !== key) throw new InputsChanged();
  };
  try {
    return cache.find(key) ?? (await cache.add(key, make));
  } catch (error) {
    if (error instanceof InputsChanged) return synthesize(options);
    throw error;
  }
};
