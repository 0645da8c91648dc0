/** One run of a handler: bounded in time, cut off when its lease is lost, its end a closed union. */
import type { Json } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { JobContext, JobDefinition } from './defineJob.ts';
import { PermanentError, RetryableError, Snooze } from './errors.ts';
import type { CancelRequest } from './record.ts';

export type AttemptOutcome =
  /** `result` is JSON text, or undefined when the handler returned nothing. */
  | { readonly kind: 'complete'; readonly result: string | undefined }
  | { readonly kind: 'retry'; readonly fault: Fault; readonly afterSeconds: number | undefined }
  | { readonly kind: 'fail'; readonly fault: Fault }
  /** `until` in ms since the epoch. */
  | { readonly kind: 'snooze'; readonly until: number; readonly reason: string }
  | { readonly kind: 'cancelled'; readonly request: CancelRequest }
  /** We had to stop it, through no fault of its own. */
  | { readonly kind: 'interrupted'; readonly until?: number }
  | { readonly kind: 'lost' };

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly stack?: string;
}

/** Why an attempt's signal was aborted. */
class JobTimeoutError extends Error {
  override readonly name = 'JobTimeoutError';
  readonly code = 'TIMEOUT';
}
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
  readonly code = 'LEASE_LOST';
}
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly code = 'INTERRUPTED';
}
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  readonly code = 'CANCELLED';
  readonly request: CancelRequest;
  constructor(request: CancelRequest) {
    super(`cancelled by ${request.by}: ${request.reason}`);
    this.request = request;
  }
}

const codeOf = (error: Error): string => {
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code !== '' ? code : error.name;
};

const faultOf = (error: unknown): Fault => {
  if (!(error instanceof Error))
    return { code: 'THROWN', message: String(error).slice(0, LIMITS.errorMessageMax) };
  const fault = {
    code: codeOf(error).slice(0, LIMITS.labelLengthMax),
    message: error.message.slice(0, LIMITS.errorMessageMax),
  };
  const planned = error instanceof PermanentError || error instanceof JobTimeoutError;
  return planned || error.stack === undefined
    ? fault
    : { ...fault, stack: error.stack.slice(0, LIMITS.errorStackMax) };
};

const ofAbort = (error: unknown): AttemptOutcome | undefined => {
  if (error instanceof LeaseLostError) return { kind: 'lost' };
  if (error instanceof InterruptedError) return { kind: 'interrupted' };
  return error instanceof CancelledError
    ? { kind: 'cancelled', request: error.request }
    : undefined;
};

const ofSnooze = ({ until, message: reason }: Snooze): AttemptOutcome =>
  Number.isFinite(until)
    ? { kind: 'snooze', until, reason }
    : { kind: 'fail', fault: { code: 'SNOOZE_INVALID', message: 'Snooze: until is no time' } };

const outcomeOfError = (error: unknown): AttemptOutcome => {
  const aborted = ofAbort(error);
  if (aborted) return aborted;
  if (error instanceof Snooze) return ofSnooze(error);
  if (error instanceof PermanentError) return { kind: 'fail', fault: faultOf(error) };
  const afterSeconds = error instanceof RetryableError ? error.afterSeconds : undefined;
  return { kind: 'retry', fault: faultOf(error), afterSeconds };
};

const outcomeOfResult = (result: unknown): AttemptOutcome => {
  try {
    return { kind: 'complete', result: JSON.stringify(result as Json | undefined) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    const message = `the handler's result cannot be written as JSON: ${reason}`;
    return { kind: 'fail', fault: { code: 'RESULT_NOT_JSON', message } };
  }
};

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/**
 * Runs the handler under `control`. A handler that ignores its signal is left behind at the
 * timeout: whatever it still does, the attempt has ended and its fence refuses its writes.
 * @param timeoutSeconds of this attempt
 */
export const runAttempt = async (
  definition: JobDefinition,
  payload: unknown,
  context: Omit<JobContext, 'signal'>,
  control: AbortController,
  timeoutSeconds: number,
): Promise<AttemptOutcome> => {
  const timer = setTimeout(
    () => control.abort(new JobTimeoutError(`timed out after ${timeoutSeconds} s`)),
    timeoutSeconds * 1_000,
  );
  const cutOff = aborted(control.signal);
  cutOff.catch(() => undefined);
  try {
    const run = definition.run(payload, { ...context, signal: control.signal });
    return outcomeOfResult(await Promise.race([run, cutOff]));
  } catch (error) {
    // What a handler throws because it was aborted says less than why it was aborted.
    return outcomeOfError(control.signal.aborted ? control.signal.reason : error);
  } finally {
    clearTimeout(timer);
  }
};
