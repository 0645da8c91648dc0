/** Loads what runs steps with the first step, so that other jobs do not wait for it. */
import type { StepDeps, StepJob, Suspension } from '../steps/run.ts';
import type { RunSteps } from '../steps/runSteps.ts';

/** The steps of one run of a job, as `createSteps` makes them. */
export const lazySteps = (job: StepJob, deps: StepDeps): RunSteps => {
  const ended = Promise.withResolvers<Suspension>();
  ended.promise.catch(() => undefined);
  let opening: Promise<RunSteps> | undefined;
  let isOver = false;
  const load = async (): Promise<RunSteps> => {
    const { createSteps } = await import('./stepwise.ts');
    const run = createSteps(job, deps);
    run.suspended.then(ended.resolve, ended.reject);
    if (isOver) run.stop();
    return run;
  };
  const open = () => {
    opening ??= load();
    return opening;
  };
  return {
    steps: {
      step: async (...args) => (await open()).steps.step(...args),
      sleep: async (...args) => (await open()).steps.sleep(...args),
      sleepUntil: async (...args) => (await open()).steps.sleepUntil(...args),
      waitFor: async (...args) => (await open()).steps.waitFor(...args),
      call: async (...args: readonly unknown[]) =>
        ((await open()).steps.call as (...args: readonly unknown[]) => Promise<never>)(...args),
      all: async (...args) => (await open()).steps.all(...args),
      race: async (...args) => (await open()).steps.race(...args),
      sendSignal: async (...args) => (await open()).steps.sendSignal(...args),
    },
    suspended: ended.promise,
    stop: () => {
      isOver = true;
      void opening?.then(({ stop }) => stop());
    },
  };
};
