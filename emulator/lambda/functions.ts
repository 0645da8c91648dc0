/** The execution environments of one function: reused when idle, started on demand, replaced when gone. */
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
   * From now on each new invocation runs the module of this directory. What runs goes on to its end
   * with the code that it began with.
   */
  replaceCode(root: string): void;
  stop(): Promise<void>;
}

/** Idle environments are kept this long, as AWS keeps them for some minutes. */
const IDLE_MS = 300_000;

export const createFunction = (
  spec: FunctionSpec,
  onLog: (line: FunctionLogLine) => void,
): LocalFunction => {
  const all = new Set<Environment>();
  let current = spec;
  // The most recently used comes first, so that the others can grow old and be reaped.
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
  return {
    spec,
    environments: () => [...all],
    warm: () => rest(start()),
    invoke: async (event) => {
      const environment = take();
      const result = await environment.invoke(event);
      // A handler that failed is used again, as on AWS; a process that is gone cannot be.
      const isCurrent = started.get(environment) === current;
      if (environment.state === 'idle' && isCurrent) rest(environment);
      else environment.kill();
      return result;
    },
    replaceCode: (root) => {
      const file = join(root, basename(spec.file));
      current = { ...spec, file, env: { ...spec.env, LAMBDA_TASK_ROOT: root } };
      for (const { environment, reaper } of idle.splice(0)) {
        clearTimeout(reaper);
        environment.kill();
      }
      rest(start());
    },
    stop: async () => {
      const leaving = [...all];
      for (const environment of leaving) environment.kill();
      await Promise.all(leaving.map(({ exited }) => exited));
    },
  };
};
