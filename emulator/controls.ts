/** What a program may do with the functions of a running cloud. */
import type { InvokeResult } from './lambda/environment.ts';
import type { LocalFunction } from './lambda/functions.ts';

export interface Controls {
  environments(): readonly {
    functionId: string;
    pid: number;
    state: string;
    invocations: number;
  }[];
  /** Kills an environment with SIGKILL, as if its machine died. */
  killEnvironment(pid: number): void;
  /**
   * Invokes a function directly.
   *
   * @throws RangeError for an unknown logical id
   */
  invoke(functionId: string, event: unknown): Promise<InvokeResult>;
  /**
   * Runs the code in this folder from the next invocation on, in the functions whose names have
   * this end.
   *
   * @throws RangeError when there is no such function
   */
  replaceCode(nameEnd: string, root: string): void;
}

/** Controls of these functions, with their environments as they are at each call. */
export const controlsOf = (functions: readonly LocalFunction[]): Controls => {
  const all = () =>
    functions.flatMap(({ spec, environments }) =>
      environments().map((environment) => ({ functionId: spec.functionId, environment })),
    );
  return {
    environments: () =>
      all().map(({ functionId, environment: { pid, state, invocations } }) => ({
        functionId,
        pid,
        state,
        invocations,
      })),
    killEnvironment: (pid) => {
      all()
        .find(({ environment }) => environment.pid === pid)
        ?.environment.kill();
    },
    invoke: (functionId, event) => {
      const target = functions.find(({ spec }) => spec.functionId === functionId);
      if (!target) throw new RangeError(`no function ${functionId}`);
      return target.invoke(event);
    },
    replaceCode: (nameEnd, root) => {
      const targets = functions.filter(({ spec }) => spec.functionArn.endsWith(nameEnd));
      if (targets.length === 0) throw new RangeError(`no function's name ends with ${nameEnd}`);
      for (const target of targets) target.replaceCode(root);
    },
  };
};
