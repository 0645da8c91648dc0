/**
 * The execution environments of one function: used again when idle, started on demand, replaced
 * when their process ends.
 */
import { basename, join } from 'node:path';
import {
  type Environment,
  type FunctionLogLine,
  type FunctionSpec,
  type InvokeResult,
  startEnvironment,
} from './environment.ts';

export interface LocalFunction {
  readonly spec: FunctionSpec;
  environments(): readonly Environment[];
  /** Starts one environment ahead of the first event. */
  warm(): void;
  invoke(event: unknown): Promise<InvokeResult>;
  /**
   * Each new invocation runs the module in this folder. A run under way ends with the code that it
   * began with.
   */
  replaceCode(root: string): void;
  stop(): Promise<void>;
}

/** How long an idle environment is kept; AWS keeps them for some minutes. */
const IDLE_MS = 300_000;

/** The same function; a call waits until the calls before it have ended. */
const oneByOne = (invoke: LocalFunction['invoke']): LocalFunction['invoke'] => {
  let last: Promise<unknown> = Promise.resolve();
  return (event) => {
    const result = last.then(() => invoke(event));
    last = result;
    return result;
  };
};

/** A function without environments; the first `warm` or `invoke` starts one. */
export const createFunction = (
  spec: FunctionSpec,
  onLog: (line: FunctionLogLine) => void,
): LocalFunction => {
  const all = new Set<Environment>();
  let current = spec;
  // The last used comes first, so that the others stay idle and end.
  const idle: { environment: Environment; reaper: NodeJS.Timeout | undefined }[] = [];

  const started = new WeakMap<Environment, FunctionSpec>();

  const start = (): Environment => {
    const environment = startEnvironment(current, onLog);
    all.add(environment);
    started.set(environment, current);
    void environment.exited.then(() => all.delete(environment));
    return environment;
  };
  const rest = (environment: Environment): void => {
    const reaper = setTimeout(() => environment.kill(), IDLE_MS);
    reaper.unref();
    idle.unshift({ environment, reaper });
  };
  const take = (): Environment => {
    for (let entry = idle.shift(); entry !== undefined; entry = idle.shift()) {
      clearTimeout(entry.reaper);
      if (entry.environment.state !== 'gone') return entry.environment;
    }
    return start();
  };
  const runOne: LocalFunction['invoke'] = async (event) => {
    const environment = take();
    const result = await environment.invoke(event);
    // As on AWS, an environment is used again after its handler failed, but not after its process
    // ended. An environment with replaced code is not used again.
    const isCurrent = started.get(environment) === current;
    if (environment.state === 'idle' && isCurrent) rest(environment);
    else environment.kill();
    // A port has one process.
    if (spec.inspectPort !== undefined && environment.state === 'gone') await environment.exited;
    return result;
  };
  const inTurn = oneByOne(runOne);
  /** A debugger finds the new code as soon as the process with the old code has left the port. */
  const inspectAgain = async (leaving: readonly Environment[]): Promise<void> => {
    await Promise.all(leaving.map(({ exited }) => exited));
    if (all.size === 0) rest(start());
  };

  return {
    spec,
    environments: () => [...all],
    warm: () => rest(start()),
    invoke: spec.inspectPort === undefined ? runOne : inTurn,
    replaceCode: (root) => {
      const file = join(root, basename(spec.file));
      current = { ...spec, file, env: { ...spec.env, LAMBDA_TASK_ROOT: root } };
      const leaving = idle.splice(0);
      for (const { environment, reaper } of leaving) {
        clearTimeout(reaper);
        environment.kill();
      }
      if (spec.inspectPort === undefined) rest(start());
      else void inspectAgain(leaving.map(({ environment }) => environment));
    },
    stop: async () => {
      const leaving = [...all];
      for (const environment of leaving) environment.kill();
      await Promise.all(leaving.map(({ exited }) => exited));
    },
  };
};
