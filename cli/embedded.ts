/** Synthesizes the stack and runs its template here until told to stop. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { clearState, type EmbeddedState, ROOT, readState, writeState } from '#client/state.ts';
import { type Cloud, startCloud } from '#infra/local/cloud.ts';
import { createRecorder } from '#infra/local/dashboard/recorder.ts';
import type { FunctionLogLine } from '#infra/local/environment.ts';
import type { TableEngine } from '#infra/local/tableEngine.ts';
import { openDashboard } from './dashboard/open.ts';
import { CliError } from './errors.ts';
import { note } from './print.ts';

export interface UpOptions {
  readonly stage: string;
  /** Worker processes at once, over all functions. */
  readonly environments?: number;
  /** Print each function's log lines. */
  readonly logs?: boolean;
  /** Default: `SHERATAN_TABLES`, else the native engine where its package is, else DynamoDB Local. */
  readonly tables?: TableEngine;
  /** An assembly that is already synthesized. */
  readonly assembly?: string;
}

const synthesize = async (stage: string): Promise<string> => {
  const output = join(ROOT, 'cdk.out');
  const cdk = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
  const context = ['-c', `stage=${stage}`, '-c', 'allowLoopback=true', '-c', 'securityChecks=off'];
  const args = [cdk, 'synth', '--quiet', '--output', output, ...context];
  // The app command in cdk.json is `node`: it must be this Node, not an older one on the PATH.
  const path = `${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}`;
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, PATH: path, CI: 'true' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new CliError('The stack could not be synthesized; see above.');
  return output;
};

export interface Embedded {
  readonly cloud: Cloud;
  readonly state: EmbeddedState;
  /** Milliseconds each part took. */
  readonly timings: { readonly synthMs: number; readonly startMs: number };
  stop(): Promise<void>;
}

/** @throws CliError when one runs already, when synthesis fails, or when Java is missing. */
export const startEmbedded = async (options: UpOptions): Promise<Embedded> => {
  const running = readState();
  if (running)
    throw new CliError(`An embedded cloud runs already (pid ${running.pid}); stop it first.`);
  const began = Date.now();
  const assemblyDir = options.assembly ?? (await synthesize(options.stage));
  const synthesized = Date.now();
  const recorder = createRecorder();
  const onLog = (line: FunctionLogLine): void => {
    if (recorder.line(line) || !options.logs) return;
    note(`${line.functionId}[${line.pid}] ${line.text}`);
  };
  const cloud = await startCloud({
    assemblyDir,
    stackName: `Sheratan-${options.stage}`,
    tables: options.tables,
    ...(options.environments && { maxEnvironments: options.environments }),
    observer: recorder.observer,
    onLog,
  });
  const { stackName, outputs, clientEnv } = cloud;
  const reached = { pid: process.pid, stackName, outputs, clientEnv };
  const { stage } = options;
  const dashboard = await openDashboard({ stage, cloud, state: reached, recorder }).catch(
    async (error: unknown) => {
      await cloud.stop();
      throw error;
    },
  );
  const state = { ...reached, dashboard: dashboard.url };
  writeState(state);
  const stop = async (): Promise<void> => {
    clearState();
    await dashboard.stop();
    await cloud.stop();
  };
  const timings = { synthMs: synthesized - began, startMs: Date.now() - synthesized };
  return { cloud, state, timings, stop };
};

/** Resolves at the first Ctrl-C or TERM; a second one ends the process at once. */
export const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    const onSignal = (): void => {
      process.once('SIGINT', () => process.exit(130));
      resolve();
    };
    process.once('SIGINT', onSignal);
    process.once('SIGTERM', onSignal);
  });
