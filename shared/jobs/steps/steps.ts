/** The steps and waits of one run of a job. */
import { kept } from '#shared/kernel/deferred.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { all, race } from './branches.ts';
import { callJob } from './calls.ts';
import { durationMs } from './duration.ts';
import { StepUseError } from './errors.ts';
import type { Awaited } from './kept.ts';
import {
  createRun,
  type StepDeps,
  type StepJob,
  type StepwiseRun,
  type Suspension,
} from './run.ts';
import type { RunSteps } from './runSteps.ts';
import { signalUrl } from './signalUrl.ts';
import { runStep } from './step.ts';
import type { Raced, StepOptions, StepRun, Steps } from './stepTypes.ts';
import { takeAllBack } from './unwinding.ts';
import { sleepUntil, waitFor, wakeTimeOf } from './waiting.ts';

/**
 * Sends a signal to another job, once whatever happens to this run.
 * @throws StepUseError SIGNAL_TOO_LARGE
 */
const sendSignal = async (
  run: StepwiseRun,
  to: string,
  name: string,
  value: unknown,
): Promise<void> => {
  const { job, deps, waits, reach } = run;
  const data = JSON.stringify(value ?? null);
  const max = LIMITS.signalBytesMax;
  if (byteLength(data) > max)
    throw new StepUseError('SIGNAL_TOO_LARGE', `the data of a signal has at most ${max} bytes`);
  const id = sha256(JSON.stringify([job.id, job.createdAt, to, name]));
  const signal = { name, id, data, at: deps.clock.now(), by: `job ${job.id}` };
  if (job.unwinding) return;
  await waits.during(() => reach(() => deps.signals.send(to, signal)));
};

const stepsOf = (run: StepwiseRun): Steps => {
  const { clock } = run.deps;
  return {
    step: <T>(name: string, fn: (of: StepRun) => Promise<T> | T, options?: StepOptions<T>) =>
      runStep(run, name, fn, (options ?? {}) as StepOptions) as Promise<T>,
    sleep: (name, duration) => sleepUntil(run, name, () => clock.now() + durationMs(duration)),
    sleepUntil: (name, time) => sleepUntil(run, name, () => wakeTimeOf(time, clock.now())),
    waitFor: <T>(name: string, options = {}) => waitFor(run, name, options) as Promise<T>,
    call: <R>(kind: string | { readonly kind: string }, payload: unknown, options = {}) =>
      callJob(run, typeof kind === 'string' ? kind : kind.kind, payload, options) as Promise<R>,
    all: (items, fn, { concurrency = LIMITS.stepConcurrency } = {}) => all(items, fn, concurrency),
    race: <T extends Readonly<Record<string, () => Promise<unknown>>>>(name: string, branches: T) =>
      race(run, name, branches) as Promise<Raced<T>>,
    sendSignal: (to, name, data) => sendSignal(run, to, name, data),
    signalUrl: (name, options = {}) => signalUrl(run, name, options),
  };
};

/** The steps of one run of a job. A run that never calls any costs nothing. */
export const createSteps = (job: StepJob, deps: StepDeps): RunSteps => {
  const ended = Promise.withResolvers<Suspension>();
  const unwound = Promise.withResolvers<readonly string[]>();
  ended.promise.catch(() => undefined);
  const suspend = (waits: readonly Awaited[]): void => {
    const past = run.journal.untold();
    const calls = waits.flatMap(({ name }) => run.calls.get(name) ?? []);
    ended.resolve({ wait: { for: waits, ...(past && { past }) }, calls });
  };
  const unwind = kept(async () => {
    await run.loaded();
    unwound.resolve(await takeAllBack(run));
  });
  const begin = (): void => {
    if (job.unwinding) void unwind();
  };
  const run = createRun(job, deps, suspend, ended.reject, begin);
  return {
    steps: stepsOf(run),
    unwinding: job.unwinding,
    suspended: ended.promise,
    unwound: unwound.promise,
    handled: begin,
    unasked: run.journal.unasked,
    owes: () => run.journal.owed().length > 0,
    stop: run.waits.stop,
  };
};
