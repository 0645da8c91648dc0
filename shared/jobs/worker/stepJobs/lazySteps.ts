/** Loads the code of steps when a handler asks for its first step, so that other jobs start sooner. */
import type { JobDefinition } from '../../kinds/defineJob.ts';
import type { StepDeps, StepJob, Suspension } from '../../steps/run.ts';
import type { RunSteps } from '../../steps/runSteps.ts';
import type { Steps } from '../../steps/stepTypes.ts';
import type { AttemptOutcome } from '../attempt/runHandler.ts';

const NAMES = [
  'step',
  'sleep',
  'sleepUntil',
  'waitFor',
  'call',
  'all',
  'race',
  'sendSignal',
  'signalUrl',
] as const satisfies readonly (keyof Steps)[];

/** The steps of one run of a job, as `createSteps` makes them. */
export const lazySteps = (job: StepJob, deps: StepDeps): RunSteps => {
  const ended = Promise.withResolvers<Suspension>();
  ended.promise.catch(() => undefined);
  const unwound = Promise.withResolvers<readonly string[]>();
  let opened: RunSteps | undefined;
  let opening: Promise<RunSteps> | undefined;
  let isOver = false;
  const load = async (): Promise<RunSteps> => {
    const { createSteps } = await import('./stepwise.ts');
    const run = createSteps(job, deps);
    opened = run;
    run.suspended.then(ended.resolve, ended.reject);
    void run.unwound.then(unwound.resolve);
    if (isOver) run.stop();
    return run;
  };
  const open = () => {
    opening ??= load();
    return opening;
  };
  const method =
    (name: keyof Steps) =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      const { steps } = await open();
      return (steps[name] as (...args: readonly unknown[]) => unknown)(...args);
    };
  return {
    unwinding: job.unwinding,
    steps: Object.fromEntries(NAMES.map((name) => [name, method(name)])) as unknown as Steps,
    suspended: ended.promise,
    unwound: unwound.promise,
    handled: () => {
      if (job.unwinding) void open().then(({ handled }) => handled());
    },
    unasked: () => opened?.unasked() ?? [],
    owes: () => opened?.owes() ?? false,
    stop: () => {
      isOver = true;
      void opening?.then(({ stop }) => stop());
    },
  };
};

/** The outcome of a run, unless the handler did not ask for some kept steps. */
export const judged = async (
  outcome: AttemptOutcome,
  definition: JobDefinition,
  steps: RunSteps,
): Promise<AttemptOutcome> => {
  const unasked = steps.unasked();
  if (unasked.length === 0) return outcome;
  return (await import('./stepwise.ts')).judgeProgram(outcome, definition, unasked);
};
