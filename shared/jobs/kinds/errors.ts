/** What a handler throws to decide about its job. Any other error is retried by the policy. */

/**
 * The job is tried again, and the attempt is counted. `afterSeconds`, from 0 to a year, replaces
 * the delay of the policy.
 */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  /** The code of the error in the job's record; RETRYABLE by default. */
  readonly code: string;
  /** Seconds to the next attempt; undefined leaves the delay to the policy. */
  readonly afterSeconds: number | undefined;
  constructor(
    message: string,
    options: { code?: string; afterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = options.code ?? 'RETRYABLE';
    this.afterSeconds = options.afterSeconds;
  }
}

/** The job is not tried again: it is DEAD at once, with this message. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  /** The code of the error in the job's record; PERMANENT by default. */
  readonly code: string;
  constructor(message: string, options: { code?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = options.code ?? 'PERMANENT';
  }
}

/**
 * The job runs again at `until` (a date, or ms since the epoch), and the attempt is not counted. A
 * job may be snoozed `retry.maxSnoozes` times.
 */
export class Snooze extends Error {
  override readonly name = 'Snooze';
  /** Always SNOOZED. */
  readonly code = 'SNOOZED';
  /** ms since the epoch. */
  readonly until: number;
  constructor(until: Date | number, reason = 'not yet') {
    super(reason);
    this.until = Number(until);
  }
}

/** The envelope given to `ctx.enqueue` could not run. Uncaught, it makes the job DEAD. */
export class EnqueueError extends Error {
  override readonly name = 'EnqueueError';
  /** Why the envelope could not run, such as PAYLOAD_INVALID. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(`enqueue: ${message}`);
    this.code = code;
  }
}
