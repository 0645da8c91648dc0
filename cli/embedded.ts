/** Synthesizes the stack and runs its template on this machine until told to stop. */
import { pathToFileURL } from 'node:url';
import { assemblyFor } from '#client/dev/assembly.ts';
import { type BuiltWorker, WORKER } from '#client/dev/ownKinds.ts';
import { clearState, type EmbeddedState, readState, writeState } from '#client/state.ts';
import { type Cloud, startCloud } from '#emulator/cloud.ts';
import { createRecorder } from '#emulator/dashboard/recorder.ts';
import type { FunctionLogLine } from '#emulator/lambda/environment.ts';
import type { TableEngine } from '#emulator/tables/tableEngine.ts';
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import { LEASE_SECONDS_MAX, WORKER_ENV } from '#shared/contracts/worker.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { createLogLines } from './console/logLines.ts';
import { openEmbeddedConsole } from './console/open.ts';
import { CliError } from './errors.ts';
import { note, step } from './print.ts';

export interface UpOptions {
  readonly stage: string;
  /** Function processes at once, over all functions. */
  readonly environments?: number;
  /** Prints each line that a function logs. */
  readonly logs?: boolean;
  /** Default: `SHERATAN_TABLES`, else the native engine where its package is, else DynamoDB Local. */
  readonly tables?: TableEngine;
  /** Folder that keeps all data. Default: data is lost at the end. */
  readonly data?: string;
  /** Folder of a synthesized assembly to run. */
  readonly assembly?: string;
  /** The module of the project's kinds. Default: `jobs/index.ts`, when it exists. */
  readonly kinds?: string;
  /** Port on which a debugger may connect to the worker. */
  readonly inspect?: number;
}

const synthesized = async (stage: string): Promise<string> => {
  let isNew = false;
  const dir = await assemblyFor(stage, {
    around: (synthesis) => {
      isNew = true;
      return step('synthesizing the stack', synthesis);
    },
  });
  if (!isNew) note('the stack is as it was synthesized before');
  return dir;
};

export interface Embedded {
  readonly cloud: Cloud;
  readonly state: EmbeddedState;
  /**
   * Runs each new job with this worker; jobs under way end with the worker that they began with.
   */
  replaceWorker(worker: BuiltWorker): void;
  stop(): Promise<void>;
}

/** While a person looks at an attempt, no other attempt takes its job over, for as long as can be. */
const inspected = (port: number) => ({
  nameEnd: WORKER,
  port,
  env: { [WORKER_ENV.leaseSeconds]: String(LEASE_SECONDS_MAX) },
});

const withKinds = (
  outputs: Readonly<Record<string, string>>,
  worker: BuiltWorker | undefined,
): Record<string, string> => ({
  ...outputs,
  ...(worker && {
    [OUTPUTS.ownKinds]: worker.kinds.join(','),
    [OUTPUTS.kindsFile]: pathToFileURL(worker.kindsFile).href,
  }),
});

/**
 * Starts the embedded cloud and its console, and writes the state file by which other commands
 * find it.
 *
 * @param worker the worker with the project's kinds; absent: the assembly's own worker
 * @throws CliError when one runs already, SynthesisError when the stack cannot be synthesized,
 *   LocalCloudError when this machine cannot run the template
 */
export const startEmbedded = async (
  options: UpOptions,
  worker?: BuiltWorker,
): Promise<Embedded> => {
  const running = readState();
  if (running)
    throw new CliError(`An embedded cloud runs already (pid ${running.pid}); stop it first.`);
  const assemblyDir = options.assembly ?? (await synthesized(options.stage));
  const recorder = createRecorder();
  const lines = createLogLines(systemClock);
  const onLog = (line: FunctionLogLine): void => {
    if (recorder.line(line)) return;
    lines.keep(line);
    if (!options.logs) return;
    note(`${line.functionId}[${line.pid}] ${line.text}`);
  };
  const cloudOptions = {
    assemblyDir,
    stackName: `Sheratan-${options.stage}`,
    tables: options.tables,
    dataDir: options.data,
    ...(options.environments && { maxEnvironments: options.environments }),
    observer: recorder.observer,
    onLog,
    ...(worker && { code: { [WORKER]: worker.dir } }),
    ...(options.inspect && { inspect: inspected(options.inspect) }),
  };
  const cloud = await step('starting queues, buckets, tables and functions', () =>
    startCloud(cloudOptions),
  );
  const { stackName, clientEnv } = cloud;
  const outputs = withKinds(cloud.outputs, worker);
  const reached = { pid: process.pid, stackName, outputs, clientEnv };
  const { stage } = options;
  const page = await openEmbeddedConsole({ stage, cloud, state: reached, recorder, lines }).catch(
    async (error: unknown) => {
      await cloud.stop();
      throw error;
    },
  );
  const state = { ...reached, dashboard: page.url };
  writeState(state);
  const stop = async (): Promise<void> => {
    clearState();
    await page.stop();
    await cloud.stop();
  };
  const replaceWorker = (next: BuiltWorker): void => {
    cloud.replaceCode(WORKER, next.dir);
    writeState({ ...state, outputs: withKinds(cloud.outputs, next) });
  };
  return { cloud, state, replaceWorker, stop };
};
