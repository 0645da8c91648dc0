/** The steps and waits of one run of a job. */
import { RESULT_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Random } from '#shared/kernel/ports.ts';
import { type RetryPolicyInput, retryDelaySeconds, retryPolicy } from '../envelope/retryPolicy.ts';
import type { Blobs } from '../ports/jobs.ts';
import { durationMs } from './duration.ts';
import { StepError, StepUseError } from './errors.ts';
import { createJournal, type Journal } from './journal.ts';
import type { Awaited, KeptStep, StepStore, Wait } from './kept.ts';
import { type Tried, tryStep } from './runStep.ts';
import type { StepOptions, StepRun, Steps } from './stepTypes.ts';
import { createWaits, type Waits } from './waits.ts';

/** The job whose steps run, as its claim left it. */
export interface StepJob {
  readonly id: string;
  /** The id of the job's first message. */
  readonly messageId: string;
  readonly generation: number;
  /** The lease of this run; names what it puts into the bucket. */
  readonly leaseId: string;
  /** Whether an earlier run may have kept something. */
  readonly resumed: boolean;
  /** What the job waited for. */
  readonly wait: Wait | undefined;
  /** The retry policy of the kind. */
  readonly retry: RetryPolicyInput | undefined;
  readonly signal: AbortSignal;
}

export interface StepDeps {
  readonly stepStore: StepStore;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly random: Random;
}

/** The steps of one run, and how the run ends beside its handler. */
export interface RunSteps {
  readonly steps: Steps;
  /**
   * Resolves when the run must end to wait. Rejects when the table or the bucket cannot be reached:
   * the handler must not see that.
   */
  readonly suspended: Promise<Wait>;
  /** The run is over: whatever the handler still asks for never settles. */
  stop(): void;
}

interface Run {
  readonly job: StepJob;
  readonly deps: StepDeps;
  readonly journal: Journal;
  readonly waits: Waits;
  /** Work that reaches outside: when it fails, the run ends without the handler. */
  readonly reach: <T>(work: () => Promise<T>) => Promise<T>;
  /** Resolves when what earlier runs kept is known. */
  readonly loaded: () => Promise<void>;
}

const never = <T>(): Promise<T> => new Promise(() => undefined);

const ownerOf = ({ id, messageId, generation }: StepJob, now: number) => ({
  id,
  messageId,
  generation,
  expiresAt: Math.floor(now / 1_000) + LIMITS.stepKeptSeconds,
});

/** The value, or the error, of a kept step. */
const outcomeOf = async ({ deps, reach }: Run, kept: KeptStep): Promise<unknown> => {
  const { name, error, result, resultRef } = kept;
  if (error) throw new StepError(name, error.code, error.message);
  if (resultRef === undefined)
    return result === undefined ? undefined : (JSON.parse(result) as unknown);
  const text = await reach(() => deps.blobs.get(resultRef));
  if (text !== undefined) return JSON.parse(text) as unknown;
  throw new StepError(name, 'STEP_RESULT_GONE', `the bucket holds no ${resultRef} (any more)`);
};

const placeOf = async ({ job, deps }: Run, name: string, text: string | undefined) => {
  if (text === undefined) return {};
  if (byteLength(text) <= LIMITS.resultInlineBytesMax) return { result: text };
  const resultRef = `${RESULT_PREFIX}${sha256(job.id)}/${sha256(name)}-${job.leaseId}.json`;
  await deps.blobs.put(resultRef, text);
  return { resultRef };
};

type Ended = Exclude<Tried, { kind: 'again' }>;

/** Keeps the end of a step; returns the end that counts, which another run may have kept first. */
const keep = (
  { job, deps, journal, reach, ...run }: Run,
  name: string,
  ended: Ended,
  facts: Pick<KeptStep, 'tries' | 'tookMs'>,
): Promise<KeptStep> =>
  reach(async () => {
    const past = journal.untold();
    const end =
      ended.kind === 'failed'
        ? { error: ended.fault }
        : await placeOf({ job, deps, journal, reach, ...run }, name, ended.text);
    const at = deps.clock.now();
    const step: KeptStep = { name, op: 'step', at, ...facts, ...end, ...(past && { past }) };
    const counts = await deps.stepStore.keep(ownerOf(job, at), step);
    journal.keep(counts);
    return counts;
  });

/** When the step is tried again, in ms since the epoch; undefined when it has failed for good. */
const nextTryAt = (
  { job, deps }: Run,
  { afterSeconds }: Extract<Tried, { kind: 'again' }>,
  tries: number,
  retry: RetryPolicyInput | undefined,
): number | undefined => {
  const policy = retryPolicy(retry, job.retry);
  if (tries >= policy.maxAttempts) return undefined;
  const seconds = afterSeconds ?? retryDelaySeconds(policy, tries, deps.random);
  return deps.clock.now() + seconds * 1_000;
};

type StepFunction = (run: StepRun) => unknown;

/** One try: what was kept of it, or the time of the next try. */
const once = async (
  run: Run,
  name: string,
  fn: StepFunction,
  { retry, timeoutSeconds }: StepOptions,
  tries: number,
): Promise<KeptStep | number> => {
  const { job, deps } = run;
  const begun = deps.clock.now();
  const idempotencyKey = `${job.id}:${name}`;
  const call = (signal: AbortSignal) => fn({ signal, try: tries, idempotencyKey });
  const tried = await tryStep(call, job.signal, timeoutSeconds);
  // The run was ended from outside, so the failure says nothing about the step.
  if (tried.kind !== 'done' && job.signal.aborted) return never();
  const facts = { tries, tookMs: deps.clock.now() - begun };
  if (tried.kind !== 'again') return keep(run, name, tried, facts);
  const at = nextTryAt(run, tried, tries, retry);
  return at ?? keep(run, name, { kind: 'failed', fault: tried.fault }, facts);
};

const step = async (
  run: Run,
  name: string,
  fn: StepFunction,
  options: StepOptions,
): Promise<unknown> => {
  const { journal, waits, loaded } = run;
  journal.ask(name);
  const kept = await waits.during(async () => {
    await loaded();
    return journal.kept(name);
  });
  if (kept) return waits.during(() => outcomeOf(run, kept));
  const before = journal.open(name);
  if (before) await waits.until(before);
  for (let tries = (before?.tries ?? 0) + 1; ; tries += 1) {
    const ended = await waits.during(() => once(run, name, fn, options, tries));
    if (typeof ended !== 'number') return waits.during(() => outcomeOf(run, ended));
    await waits.until({ op: 'retry', name, until: ended, tries });
  }
};

const sleepUntil = async (run: Run, name: string, time: () => number): Promise<void> => {
  const { journal, waits, loaded, deps } = run;
  journal.ask(name);
  const until = time();
  await waits.during(loaded);
  if (journal.isPast(name)) return;
  const awaited: Awaited = journal.open(name) ?? { op: 'sleep', name, until };
  await waits.until(awaited);
  journal.pass(name, deps.clock.now());
};

const timeOf = (time: Date | number, now: number): number => {
  const at = Number(time);
  if (at <= now + LIMITS.horizonSecondsMax * 1_000) return at;
  const why = `sleepUntil: ${at} is no time within 366 days, in ms since the epoch`;
  throw new StepUseError('DURATION_INVALID', why);
};

const createRun = (
  job: StepJob,
  deps: StepDeps,
  suspend: (waits: readonly Awaited[]) => void,
  fail: (error: unknown) => void,
): Run => {
  const journal = createJournal(job.wait);
  const reach: Run['reach'] = async (work) => {
    try {
      return await work();
    } catch (error) {
      fail(error);
      return never();
    }
  };
  let loading: Promise<void> | undefined;
  const load = () =>
    reach(async () => journal.load(await deps.stepStore.read(ownerOf(job, deps.clock.now()))));
  const loaded = () => {
    loading ??= job.resumed ? load() : Promise.resolve();
    return loading;
  };
  return { job, deps, journal, waits: createWaits(deps.clock, suspend), reach, loaded };
};

/** The steps of one run of a job. A run that never calls any costs nothing. */
export const createSteps = (job: StepJob, deps: StepDeps): RunSteps => {
  const ended = Promise.withResolvers<Wait>();
  ended.promise.catch(() => undefined);
  const suspend = (waits: readonly Awaited[]): void => {
    const past = run.journal.untold();
    ended.resolve({ for: waits, ...(past && { past }) });
  };
  const run = createRun(job, deps, suspend, ended.reject);
  const steps: Steps = {
    step: <T>(name: string, fn: (run: StepRun) => Promise<T> | T, options: StepOptions = {}) =>
      step(run, name, fn, options) as Promise<T>,
    sleep: (name, duration) => sleepUntil(run, name, () => deps.clock.now() + durationMs(duration)),
    sleepUntil: (name, time) => sleepUntil(run, name, () => timeOf(time, deps.clock.now())),
  };
  return { steps, suspended: ended.promise, stop: run.waits.stop };
};
