/** What a handler throws to steer its job; anything else thrown is retried by the policy. */

/** Retried; `afterSeconds` overrides the policy's delay (0 to a year). Spends an attempt. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  readonly code: string;
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

/** Never retried: the job is DEAD at once, with this message. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly code: string;
  constructor(message: string, options: { code?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = options.code ?? 'PERMANENT';
  }
}

/**
 * Not yet: runs again at `until` and spends no attempt; bounded by `retry.maxSnoozes`.
 * `until` is a date, or ms since the epoch.
 */
export class Snooze extends Error {
  override readonly name = 'Snooze';
  readonly code = 'SNOOZED';
  /** ms since the epoch. */
  readonly until: number;
  constructor(until: Date | number, reason = 'not yet') {
    super(reason);
    this.until = Number(until);
  }
}

/** The envelope given to `ctx.enqueue` is none that could run. */
export class EnqueueError extends Error {
  override readonly name = 'EnqueueError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(`enqueue: ${message}`);
    this.code = code;
  }
}
