/** Loads what runs steps with the first step, so that other jobs do not wait for it. */
import type { Wait } from './kept.ts';
import type { RunSteps, StepDeps, StepJob } from './steps.ts';

/** The steps of one run of a job, as `createSteps` makes them. */
export const lazySteps = (job: StepJob, deps: StepDeps): RunSteps => {
  const ended = Promise.withResolvers<Wait>();
  ended.promise.catch(() => undefined);
  let opening: Promise<RunSteps> | undefined;
  let isOver = false;
  const load = async (): Promise<RunSteps> => {
    const { createSteps } = await import('./steps.ts');
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
    },
    suspended: ended.promise,
    stop: () => {
      isOver = true;
      void opening?.then(({ stop }) => stop());
    },
  };
};
