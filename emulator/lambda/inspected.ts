import type { FunctionSpec } from './environment.ts';

/** A function that runs in one process, one invocation at a time and without a timeout. */
export interface Inspected {
  /** End of the function's name. */
  readonly nameEnd: string;
  /** Port of this machine for the debugger. */
  readonly port: number;
  /** Variables in place of the template's. */
  readonly env: Readonly<Record<string, string>>;
}

/** Gives the named function a debugger's port; any other function stays as it is. */
export const inspected = (spec: FunctionSpec, inspect: Inspected | undefined): FunctionSpec =>
  inspect && spec.functionArn.endsWith(inspect.nameEnd)
    ? { ...spec, inspectPort: inspect.port, env: { ...spec.env, ...inspect.env } }
    : spec;
