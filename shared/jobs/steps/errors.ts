/** What steps throw. */

/**
 * A step failed for good. The first run and every later run get the same error: its code and its
 * message are kept. Uncaught, it makes the job DEAD.
 */
export class StepError extends Error {
  override readonly name = 'StepError';
  /** The name of the step. */
  readonly step: string;
  /** The code of what the step threw, or the name of its class. */
  readonly code: string;
  constructor(step: string, code: string, message: string) {
    super(message);
    this.step = step;
    this.code = code;
  }
}

/** A step was used in a way that cannot work in any run. Uncaught, it makes the job DEAD. */
export class StepUseError extends Error {
  override readonly name = 'StepUseError';
  /** What is wrong, such as STEP_NAME_TAKEN. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * No signal came in time. Every later run gets the same error; a signal that comes later is not
 * taken. Uncaught, it makes the job DEAD.
 */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
  /** Always WAIT_TIMEOUT. */
  readonly code = 'WAIT_TIMEOUT';
  /** The name of the wait. */
  readonly wait: string;
  constructor(wait: string) {
    super(`no signal "${wait}" came in time`);
    this.wait = wait;
  }
}
