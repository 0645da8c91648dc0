/** One execution environment: a Node process that runs one invocation at a time, as on Lambda. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { guardChild } from './guard.ts';

export interface InvokeMessage {
  readonly requestId: string;
  readonly event: unknown;
  /** ms since the epoch. */
  readonly deadline: number;
  readonly functionArn: string;
}

interface InvokeFailure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stack?: string;
}

export type ReplyMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'init-error'; readonly error: InvokeFailure }
  | { readonly kind: 'result'; readonly requestId: string; readonly value: unknown }
  | { readonly kind: 'error'; readonly requestId: string; readonly error: InvokeFailure };

export type InvokeResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: InvokeFailure };

export interface FunctionSpec {
  readonly functionId: string;
  readonly functionArn: string;
  /** Absolute path of the module; `exportName` is the handler that it exports. */
  readonly file: string;
  readonly exportName: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly env: Readonly<Record<string, string>>;
  /**
   * The port of this machine on which a debugger may connect. Then no invocation times out: a
   * person may look at it for as long as they like.
   */
  readonly inspectPort?: number | undefined;
}

export interface FunctionLogLine {
  readonly functionId: string;
  readonly pid: number;
  readonly text: string;
}

export interface Environment {
  readonly pid: number;
  readonly invocations: number;
  readonly state: 'starting' | 'idle' | 'busy' | 'gone';
  /** Resolves when the process has ended, for any reason. */
  readonly exited: Promise<void>;
  /**
   * Runs one event; never rejects. A process that ends or times out gives a failure as its result.
   */
  invoke(event: unknown): Promise<InvokeResult>;
  kill(): void;
}

/** In place of a timeout, while a person looks at an invocation. */
const INSPECTED_MS = 86_400_000;
const HEAP_SHARE = 0.9;
/** This file is beside this module both in the sources and in the build. */
const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.js', import.meta.url));

const lost = (reason: string): InvokeResult => ({
  ok: false,
  error: { errorType: 'Runtime.ExitError', errorMessage: reason },
});

const forward = (
  child: ChildProcess,
  spec: FunctionSpec,
  onLog: (line: FunctionLogLine) => void,
) => {
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    const lines = createInterface({ input: stream });
    lines.on('line', (text) => onLog({ functionId: spec.functionId, pid: child.pid ?? 0, text }));
  }
};

const argumentsOf = ({ inspectPort, memoryMb }: FunctionSpec): string[] => [
  // On Lambda, Node's heap gets most of the function's memory. A larger heap would hide a memory
  // leak here.
  `--max-old-space-size=${Math.floor(memoryMb * HEAP_SHARE)}`,
  ...(inspectPort === undefined ? [] : [`--inspect=127.0.0.1:${inspectPort}`]),
];

const timeoutOf = ({ inspectPort, timeoutMs }: FunctionSpec): number =>
  inspectPort === undefined ? timeoutMs : INSPECTED_MS;

/**
 * Starts a process for the function. Invocations wait until its module is loaded; one that takes
 * longer than the function's timeout is ended by SIGKILL.
 */
export const startEnvironment = (
  spec: FunctionSpec,
  onLog: (line: FunctionLogLine) => void,
): Environment => {
  const child = fork(BOOTSTRAP, [spec.file, spec.exportName], {
    env: { ...spec.env },
    execArgv: argumentsOf(spec),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  guardChild(child);
  forward(child, spec, onLog);
  const ready = Promise.withResolvers<InvokeFailure | undefined>();
  const gone = Promise.withResolvers<void>();
  let state: Environment['state'] = 'starting';
  let invocations = 0;
  let answer: ((result: InvokeResult) => void) | undefined;

  const finish = (result: InvokeResult): void => {
    answer?.(result);
    answer = undefined;
  };
  child.on('message', (message: ReplyMessage) => {
    if (message.kind === 'ready') ready.resolve(undefined);
    else if (message.kind === 'init-error') ready.resolve(message.error);
    else if (message.kind === 'result') finish({ ok: true, value: message.value });
    else finish({ ok: false, error: message.error });
  });
  const onGone = (reason: string): void => {
    state = 'gone';
    ready.resolve({ errorType: 'Runtime.ExitError', errorMessage: reason });
    finish(lost(reason));
    gone.resolve();
  };
  child.once('error', (error) => onGone(error.message));
  child.once('exit', (code, signal) =>
    onGone(`the process ended (${signal ?? `exit code ${code}`})`),
  );

  const kill = (): void => {
    // The process may live for some ms more, but no event may go to it.
    state = 'gone';
    child.kill('SIGKILL');
  };
  const run = (event: unknown): Promise<InvokeResult> => {
    const { promise, resolve } = Promise.withResolvers<InvokeResult>();
    const timeoutMs = timeoutOf(spec);
    const deadline = Date.now() + timeoutMs;
    const timer = setTimeout(() => {
      finish(lost(`timed out after ${timeoutMs / 1_000} s`));
      kill();
    }, timeoutMs);
    answer = (result) => {
      clearTimeout(timer);
      resolve(result);
    };
    const { functionArn } = spec;
    const message: InvokeMessage = { requestId: randomUUID(), event, deadline, functionArn };
    child.send(message, (error) => error && onGone(error.message));
    return promise;
  };
  return {
    get pid() {
      return child.pid ?? 0;
    },
    get invocations() {
      return invocations;
    },
    get state() {
      return state;
    },
    exited: gone.promise,
    kill,
    invoke: async (event) => {
      const fault = await ready.promise;
      if (fault) return { ok: false, error: fault };
      state = 'busy';
      invocations += 1;
      const result = await run(event);
      // The process may have ended meanwhile: by itself, by a signal, or by `kill`.
      if (state === 'busy') state = 'idle';
      return result;
    },
  };
};
