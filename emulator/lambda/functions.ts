/** The execution environments of one function: reused when idle, started on demand, replaced when gone. */
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
  stop(): Promise<void>;
}

/** Idle environments are kept this long, as AWS keeps them for some minutes. */
const IDLE_MS = 300_000;

export const createFunction = (
  spec: FunctionSpec,
  onLog: (line: FunctionLogLine) => void,
): LocalFunction => {
  const all = new Set<Environment>();
  // The most recently used comes first, so that the others can grow old and be reaped.
  const idle: { environment: Environment; reaper: NodeJS.Timeout | undefined }[] = [];

  const start = (): Environment => {
    const environment = startEnvironment(spec, onLog);
    all.add(environment);
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
      if (environment.state === 'idle') rest(environment);
      else environment.kill();
      return result;
    },
    stop: async () => {
      const leaving = [...all];
      for (const environment of leaving) environment.kill();
      await Promise.all(leaving.map(({ exited }) => exited));
    },
  };
};
