/** The tries of one step: bounded in time, repeated by the step's policy. */
import { byteLength } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { isA, thrownText, toldOf } from '#shared/kernel/thrown.ts';
import { PermanentError, RetryableError } from '../kinds/errors.ts';
import { StepError, StepUseError, WaitTimeoutError } from './errors.ts';
import type { StepFault } from './kept.ts';

type ErrorType = abstract new (...args: never[]) => Error;

/** How one try ended. */
export type Tried =
  /** `text` is JSON; undefined when the function returned nothing. */
  | { readonly kind: 'done'; readonly text: string | undefined }
  | { readonly kind: 'failed'; readonly fault: StepFault }
  /** `afterSeconds` is what the error asked for. */
  | { readonly kind: 'again'; readonly fault: StepFault; readonly afterSeconds?: number };

/** Errors that the next try would meet again. */
const FINAL: readonly ErrorType[] = [PermanentError, StepError, StepUseError, WaitTimeoutError];

/** A try took longer than it may. */
class StepTimeoutError extends Error {
  override readonly name = 'StepTimeoutError';
  readonly code = 'TIMEOUT';
}

const faultOf = (thrown: unknown, isPlanned: boolean): StepFault => {
  const { code, message } = toldOf(thrown, !isPlanned);
  return { code, message };
};

const ofError = (thrown: unknown): Tried => {
  const isFinal = FINAL.some((type) => isA(thrown, type));
  const fault = faultOf(thrown, isFinal || isA(thrown, RetryableError));
  if (isFinal) return { kind: 'failed', fault };
  const after = isA(thrown, RetryableError) ? thrown.afterSeconds : undefined;
  const isWait = typeof after === 'number' && after >= 0 && after <= LIMITS.horizonSecondsMax;
  return { kind: 'again', fault, ...(isWait && { afterSeconds: after }) };
};

const ofResult = (value: unknown): Tried => {
  const refused = (code: string, message: string): Tried => ({
    kind: 'failed',
    fault: { code, message },
  });
  try {
    const text = JSON.stringify(value) as string | undefined;
    const bytes = text === undefined ? 0 : byteLength(text);
    const max = LIMITS.resultBytesMax;
    if (bytes <= max) return { kind: 'done', text };
    return refused('RESULT_TOO_LARGE', `the result has ${bytes} bytes, the limit is ${max}`);
  } catch (error) {
    return refused('RESULT_NOT_JSON', `the result is no JSON: ${thrownText(error)}`);
  }
};

/**
 * Calls the function of a step once. Never rejects.
 * @param signal the job's own
 * @param timeoutSeconds the longest run; undefined for no limit beside the job's
 */
export const tryStep = async (
  fn: (signal: AbortSignal) => unknown,
  signal: AbortSignal,
  timeoutSeconds: number | undefined,
): Promise<Tried> => {
  if (timeoutSeconds === undefined) {
    try {
      return ofResult(await fn(signal));
    } catch (error) {
      return ofError(error);
    }
  }
  const own = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new StepTimeoutError(`the step timed out after ${timeoutSeconds} s`);
    own.abort(error);
    late.reject(error);
  }, timeoutSeconds * 1_000);
  try {
    const work = Promise.resolve(fn(AbortSignal.any([signal, own.signal])));
    return ofResult(await Promise.race([work, late.promise]));
  } catch (error) {
    // After the timeout, the timeout tells more than what the aborted function threw.
    return ofError(own.signal.aborted ? own.signal.reason : error);
  } finally {
    clearTimeout(timer);
  }
};
