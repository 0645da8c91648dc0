/** What may be done to the functions of a running cloud. */
import type { InvokeResult } from './lambda/environment.ts';
import type { LocalFunction } from './lambda/functions.ts';

export interface Controls {
  environments(): readonly {
    functionId: string;
    pid: number;
    state: string;
    invocations: number;
  }[];
  /** As when the machine below an environment dies: SIGKILL. */
  killEnvironment(pid: number): void;
  /** One direct invocation. @throws RangeError for an unknown logical id */
  invoke(functionId: string, event: unknown): Promise<InvokeResult>;
  /**
   * The functions whose names end so run the code of a directory from their next invocation on.
   * @throws RangeError when there is none
   */
  replaceCode(nameEnd: string, root: string): void;
}

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
