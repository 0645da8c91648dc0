/** Where in a handler a step is asked for: in a branch of a race, or inside another step. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { StepUseError } from './errors.ts';

/** A part of a handler, and all asynchronous work that it starts. */
export interface Scope {
  readonly parent: Scope | undefined;
  /** The step whose function this is. */
  readonly step?: string;
  /** The race of which this is a branch. */
  readonly race?: string;
  /** Another branch has won: what this branch still asks for never settles. */
  over: boolean;
  /** Called when the part asks for what will not be there. */
  readonly stranded?: () => void;
}

const current = new AsyncLocalStorage<Scope>();

/** The part of the handler that the running code belongs to. */
export const scopeNow = (): Scope | undefined => current.getStore();

/** Opens a part inside of the present one: the function of a step, or a branch of a race. */
export const openScope = (of: Pick<Scope, 'step' | 'race' | 'stranded'>): Scope => ({
  parent: scopeNow(),
  over: false,
  ...of,
});

/** The outermost race of which the running code is a branch. */
export const raceNow = (): string | undefined => {
  let outermost: string | undefined;
  for (let scope = scopeNow(); scope; scope = scope.parent) outermost = scope.race ?? outermost;
  return outermost;
};

/** Runs a function as a part of the handler. */
export const runIn = <T>(scope: Scope, run: () => T): T => current.run(scope, run);

/** Whether the part, or one around it, is over. */
export const isScopeOver = (scope: Scope | undefined): boolean =>
  scope !== undefined && (scope.over || isScopeOver(scope.parent));

/** @throws StepUseError STEP_NESTED inside the function of a step */
export const refuseNested = (name: string): void => {
  for (let scope = scopeNow(); scope; scope = scope.parent) {
    if (scope.step === undefined) continue;
    const why = `"${name}" was asked for inside the step "${scope.step}": what a step does is kept as a whole, so call it beside that step`;
    throw new StepUseError('STEP_NESTED', why);
  }
};
