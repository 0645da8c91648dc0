/**
 * Which attempt an asynchronous step belongs to, however late the step runs. With this, an error
 * that a handler leaves behind (a rejected promise that nobody awaits, a timer that throws) is
 * charged to its own job.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** A running attempt, as its asynchronous steps know it. */
export interface AttemptOrigin {
  readonly jobId: string;
  readonly kind: string;
  readonly attempt: number;
  /**
   * Ends the attempt with an error that its handler left behind; false when it has ended already.
   */
  fail(left: LeftBehindError): boolean;
}

export type LeftBehind = 'unhandled rejection' | 'uncaught exception';

/** An error that a handler threw where nobody could catch it. */
export class LeftBehindError extends Error {
  override readonly name = 'LeftBehindError';
  readonly code = 'LEFT_BEHIND';
  readonly how: LeftBehind;
  readonly thrown: unknown;
  constructor(how: LeftBehind, thrown: unknown) {
    super(how);
    this.how = how;
    this.thrown = thrown;
  }
}

const current = new AsyncLocalStorage<AttemptOrigin>();

/** Runs a function; all asynchronous work that it starts belongs to the attempt `origin`. */
export const runAs = <T>(origin: AttemptOrigin, run: () => T): T => current.run(origin, run);

/** The attempt that the running code belongs to; undefined when no handler started this code. */
export const originOf = (): AttemptOrigin | undefined => current.getStore();
