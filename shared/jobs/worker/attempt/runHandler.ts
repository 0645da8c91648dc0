/**
 * One run of a handler: bounded in time, ended when its lease is lost, with a closed set of ends.
 */
import { byteLength, type Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import { isA, type Told, thrownText, toldOf } from '#shared/kernel/thrown.ts';
import type { JobContext, JobDefinition } from '../../kinds/defineJob.ts';
import { EnqueueError, PermanentError, RetryableError, Snooze } from '../../kinds/errors.ts';
import type { CancelRequest } from '../../record/record.ts';
import { StepError, StepUseError, WaitTimeoutError } from '../../steps/errors.ts';
import type { Suspension } from '../../steps/run.ts';
import type { RunSteps } from '../../steps/runSteps.ts';
import type { Steps } from '../../steps/stepTypes.ts';
import {
  CancelledError,
  InterruptedError,
  JobTimeoutError,
  LeaseLostError,
} from './abortReasons.ts';
import { type AttemptOrigin, LeftBehindError, runAs } from './asyncOrigin.ts';

/** How an attempt ended. */
export type AttemptOutcome =
  /** `result` is JSON text, or undefined when the handler returned nothing. */
  | { readonly kind: 'complete'; readonly result: string | undefined; readonly note?: string }
  /** `afterSeconds` is from 0 to a year; when undefined, the retry policy sets the delay. */
  | { readonly kind: 'retry'; readonly fault: Fault; readonly afterSeconds: number | undefined }
  | { readonly kind: 'fail'; readonly fault: Fault }
  /** `until` in ms since the epoch. */
  | { readonly kind: 'snooze'; readonly until: number; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly request: CancelRequest }
  /** The mesh had to stop the attempt; the job did nothing wrong. `until` in ms since the epoch. */
  | { readonly kind: 'interrupted'; readonly until?: number }
  /** The run took steps back; `failures` says which it could not. */
  | { readonly kind: 'undone'; readonly failures: readonly string[] }
  /** The run stopped to wait. */
  | { readonly kind: 'wait'; readonly suspension: Suspension }
  | { readonly kind: 'lost' };

/** Why an attempt failed. */
export type Fault = Told;

type ErrorType = abstract new (...args: never[]) => Error;

/** Errors that the next attempt would meet again. */
const FINAL: readonly ErrorType[] = [
  PermanentError,
  EnqueueError,
  StepError,
  StepUseError,
  WaitTimeoutError,
];

/** Errors whose stack is not kept: it tells nothing more than their message. */
const PLANNED = [...FINAL, JobTimeoutError];

const faultOf = (thrown: unknown): Fault => {
  if (!PLANNED.some((type) => isA(thrown, type)))
    return toldOf(thrown, !isA(thrown, RetryableError));
  const { code, message } = toldOf(thrown, false);
  if (!isA(thrown, StepError)) return { code, message };
  const told = `step "${thrown.step}": ${message}`;
  return { code, message: clipped(told, LIMITS.errorMessageMax) };
};

const ofAbort = (error: unknown): AttemptOutcome | undefined => {
  if (isA(error, LeaseLostError)) return { kind: 'lost' };
  if (isA(error, InterruptedError)) return { kind: 'interrupted' };
  return isA(error, CancelledError) ? { kind: 'cancelled', request: error.request } : undefined;
};

const ofSnooze = ({ until, message }: Snooze): AttemptOutcome => {
  const reason = clipped(message, LIMITS.errorMessageMax);
  if (Number.isFinite(until)) return { kind: 'snooze', until, reason };
  const fault = { code: 'SNOOZE_INVALID', message: `Snooze: until is ${until}, no time` };
  return { kind: 'fail', fault };
};

const ofRetryable = (error: RetryableError): AttemptOutcome => {
  const { afterSeconds } = error;
  const fault = faultOf(error);
  const max = LIMITS.horizonSecondsMax;
  const isWait = typeof afterSeconds === 'number' && afterSeconds >= 0 && afterSeconds <= max;
  if (afterSeconds === undefined || isWait) return { kind: 'retry', fault, afterSeconds };
  // The handler wants some delay, so the policy's delay is better than no delay.
  const note = `afterSeconds was ${thrownText(afterSeconds, 60)}, no number from 0 to ${max}: the policy's delay counts`;
  const room = LIMITS.errorMessageMax - note.length - 3;
  const message = `${clipped(fault.message, room)} (${note})`;
  return { kind: 'retry', fault: { ...fault, message }, afterSeconds: undefined };
};

const ofFault = (thrown: unknown, fault: Fault): AttemptOutcome => {
  const isFinal = FINAL.some((type) => isA(thrown, type));
  return isFinal ? { kind: 'fail', fault } : { kind: 'retry', fault, afterSeconds: undefined };
};

const ofLeftBehind = ({ how, thrown }: LeftBehindError): AttemptOutcome => {
  const { message, ...fault } = faultOf(thrown);
  const told = clipped(`${how}: ${message}`, LIMITS.errorMessageMax);
  return ofFault(thrown, { ...fault, message: told });
};

const outcomeOfError = (error: unknown): AttemptOutcome => {
  const aborted = ofAbort(error);
  if (aborted) return aborted;
  if (isA(error, LeftBehindError)) return ofLeftBehind(error);
  if (isA(error, Snooze)) return ofSnooze(error);
  return isA(error, RetryableError) ? ofRetryable(error) : ofFault(error, faultOf(error));
};

const unwritable = (code: string, message: string): AttemptOutcome => ({
  kind: 'fail',
  fault: { code, message },
});

const outcomeOfResult = (value: unknown): AttemptOutcome => {
  try {
    const result = JSON.stringify(value as Json | undefined);
    const bytes = result === undefined ? 0 : byteLength(result);
    const max = LIMITS.resultBytesMax;
    if (bytes <= max) return { kind: 'complete', result };
    const message = `the handler's result has ${bytes} bytes, the limit is ${max}: keep it elsewhere and return where it is`;
    return unwritable('RESULT_TOO_LARGE', message);
  } catch (error) {
    const reason = thrownText(error, LIMITS.errorMessageMax / 2);
    return unwritable(
      'RESULT_NOT_JSON',
      `the handler's result cannot be written as JSON: ${reason}`,
    );
  }
};

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** A timer that fires later than this, in ms, was delayed by synchronous work. */
const HELD_MS = 1_000;

/**
 * Calls the handler.
 * @throws JobTimeoutError TIMEOUT when the call itself, before its first await, took too long
 */
const begin = async (
  definition: JobDefinition,
  payload: unknown,
  context: JobContext,
  timeoutSeconds: number,
): Promise<unknown> => {
  const { clock } = context;
  const began = clock.now();
  const run = definition.run(payload, context);
  const heldMs = clock.now() - began;
  if (heldMs < timeoutSeconds * 1_000) return run;
  Promise.resolve(run).catch(() => undefined);
  const held = Math.round(heldMs / 1_000);
  const why = `a synchronous loop held its worker for ${held} s, and no signal could end it`;
  throw new JobTimeoutError(`timed out after ${timeoutSeconds} s: ${why}`);
};

/** A store or queue that a step needed could not be reached: no fault of the handler. */
class UnreachedError extends Error {}

/** The outcome of the handler's return; of a run that takes steps back, which steps it could not. */
const outcomeOfRun = async (
  run: Promise<unknown>,
  { unwinding, unwound, handled }: RunSteps,
): Promise<AttemptOutcome> => {
  if (!unwinding) return outcomeOfResult(await run);
  run.then(handled, handled);
  return { kind: 'undone', failures: await unwound };
};

const endOf = async (suspended: Promise<Suspension>): Promise<AttemptOutcome> => {
  try {
    return { kind: 'wait', suspension: await suspended };
  } catch (cause) {
    throw new UnreachedError('', { cause });
  }
};

/**
 * Runs the handler under `control`. Resolves at the timeout even when the handler ignores its
 * signal: the handler may go on, but the lease's fence refuses its writes. Rejects only when the
 * store of the steps cannot be reached.
 * @param timeoutSeconds the longest run of this attempt
 */
export const runAttempt = async (
  definition: JobDefinition,
  payload: unknown,
  context: Omit<JobContext, 'signal' | keyof Steps>,
  control: AbortController,
  timeoutSeconds: number,
  runSteps: RunSteps,
): Promise<AttemptOutcome> => {
  const { steps, suspended, stop } = runSteps;
  const { signal } = control;
  const endsAt = context.clock.now() + timeoutSeconds * 1_000;
  const timer = setTimeout(() => {
    const lateMs = context.clock.now() - endsAt;
    const held = `: its worker was held by synchronous work, and saw it ${Math.round(lateMs / 1_000)} s late`;
    const why = lateMs >= HELD_MS ? held : '';
    control.abort(new JobTimeoutError(`timed out after ${timeoutSeconds} s${why}`));
  }, timeoutSeconds * 1_000);
  const cutOff = aborted(signal);
  cutOff.catch(() => undefined);
  let isOver = false;
  const origin: AttemptOrigin = {
    jobId: context.jobId,
    kind: definition.kind,
    attempt: context.attempt,
    fail: (left) => {
      if (!isOver) control.abort(left);
      return !isOver;
    },
  };
  try {
    const given = { ...context, ...steps, signal };
    const run = runAs(origin, () => begin(definition, payload, given, timeoutSeconds));
    return await Promise.race([outcomeOfRun(run, runSteps), cutOff, endOf(suspended)]);
  } catch (error) {
    if (isA(error, UnreachedError)) throw error.cause;
    // After an abort, the reason of the abort tells more than what the handler threw.
    return outcomeOfError(signal.aborted ? signal.reason : error);
  } finally {
    isOver = true;
    stop();
    clearTimeout(timer);
  }
};
