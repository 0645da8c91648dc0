/** One run of a job, as its steps see it. */
import { RESULT_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Random } from '#shared/kernel/ports.ts';
import type { RetryPolicyInput } from '../envelope/retryPolicy.ts';
import type { Envelope } from '../envelope/schema.ts';
import type { Blobs, JobStore } from '../ports/jobs.ts';
import type { SignalStore } from '../ports/signals.ts';
import type { SignalLinks } from '../signalUrls/link.ts';
import { StepError } from './errors.ts';
import { createJournal, type Journal } from './journal.ts';
import type { Awaited, KeptStep, StepOp, StepStore, Wait } from './kept.ts';
import { ownerOf } from './owner.ts';
import type { Tried } from './runStep.ts';
import { raceNow } from './scope.ts';
import type { StepRun } from './stepTypes.ts';
import { createWaits, never, type Waits } from './waits.ts';

/** The job whose steps run, as its claim left it. */
export interface StepJob {
  readonly id: string;
  /** The id of the job's first message. */
  readonly messageId: string;
  /** When the job was sent, ms since the epoch. */
  readonly createdAt: number;
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
  /** The job has failed or was cancelled: nothing new begins, and its steps are taken back. */
  readonly unwinding: boolean;
  /**
   * A job that this job calls, complete and checked.
   * @throws EnqueueError when the job could not run
   */
  prepare(child: Envelope): Envelope;
}

/** The ports of steps. */
export interface StepDeps {
  readonly stepStore: StepStore;
  readonly signals: Pick<SignalStore, 'send'>;
  /** undefined: the mesh has no signal URLs. */
  readonly links?: SignalLinks | undefined;
  readonly store: Pick<JobStore, 'get'>;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly random: Random;
}

/** A run that stops to wait: for what, and which jobs are to be sent with it. */
export interface Suspension {
  readonly wait: Wait;
  readonly calls: readonly Envelope[];
}

/** What takes a step back. */
interface Undo {
  readonly name: string;
  /** When the step ended, ms since the epoch. */
  readonly at: number;
  readonly retry: RetryPolicyInput | undefined;
  readonly fn: (of: StepRun) => unknown;
}

/** The steps of one run, what they reach and how they wait. */
export interface StepwiseRun {
  readonly job: StepJob;
  readonly deps: StepDeps;
  readonly journal: Journal;
  readonly waits: Waits;
  /** The jobs that this run called first, by the names of the calls. */
  readonly calls: Map<string, Envelope>;
  /** What takes the steps of this run back. */
  readonly undos: Undo[];
  /** Work that reaches outside: when it fails, the run ends without the handler. */
  readonly reach: <T>(work: () => Promise<T>) => Promise<T>;
  /** Resolves when what earlier runs kept is known. */
  readonly loaded: () => Promise<void>;
}

/** The value of a kept step. @throws StepError the error of a kept step */
export const outcomeOf = async ({ deps, reach }: StepwiseRun, kept: KeptStep): Promise<unknown> => {
  const { name, error, result, resultRef } = kept;
  if (error) throw new StepError(name, error.code, error.message);
  if (resultRef === undefined)
    return result === undefined ? undefined : (JSON.parse(result) as unknown);
  const text = await reach(() => deps.blobs.get(resultRef));
  if (text !== undefined) return JSON.parse(text) as unknown;
  throw new StepError(name, 'STEP_RESULT_GONE', `the bucket holds no ${resultRef} (any more)`);
};

/** How a step ended: a try that is no reason for another one, or a result that is kept elsewhere. */
export type EndedStep =
  | Exclude<Tried, { kind: 'again' }>
  | { readonly kind: 'kept'; readonly resultRef: string };

const endOf = async ({ job, deps }: StepwiseRun, name: string, ended: EndedStep) => {
  if (ended.kind === 'failed') return { error: ended.fault };
  if (ended.kind === 'kept') return { resultRef: ended.resultRef };
  if (ended.text === undefined) return {};
  if (byteLength(ended.text) <= LIMITS.resultInlineBytesMax) return { result: ended.text };
  const resultRef = `${RESULT_PREFIX}${sha256(job.id)}/${sha256(name)}-${job.leaseId}.json`;
  await deps.blobs.put(resultRef, ended.text);
  return { resultRef };
};

/** Keeps the end of a step; returns the end that counts, which another run may have kept first. */
export const keepStep = (
  run: StepwiseRun,
  name: string,
  op: StepOp,
  ended: EndedStep,
  facts: Pick<KeptStep, 'tries' | 'tookMs' | 'job' | 'undo'>,
): Promise<KeptStep> => {
  const { job, deps, journal, reach } = run;
  const race = raceNow();
  return reach(async () => {
    const past = journal.untold();
    const end = await endOf(run, name, ended);
    const at = deps.clock.now();
    const step: KeptStep = {
      name,
      op,
      at,
      ...facts,
      ...end,
      ...(race && { race }),
      ...(past && { past }),
    };
    const counts = await deps.stepStore.keep(ownerOf(job, at), step);
    journal.keep(counts);
    return counts;
  });
};

/**
 * @param suspend called when the run must end to wait
 * @param fail called when the table or the bucket cannot be reached
 * @param stranded called when a run that takes steps back has nothing else to do
 */
export const createRun = (
  job: StepJob,
  deps: StepDeps,
  suspend: (waits: readonly Awaited[]) => void,
  fail: (error: unknown) => void,
  stranded: () => void,
): StepwiseRun => {
  const journal = createJournal(job.wait);
  const reach: StepwiseRun['reach'] = async (work) => {
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
  const waits = createWaits(deps.clock, suspend, stranded);
  return { job, deps, journal, waits, calls: new Map(), undos: [], reach, loaded };
};
