/**
 * Which attempt an asynchronous step belongs to, however late it comes: what a handler leaves behind
 * (a rejected promise that nobody awaits, a timer that throws) is put down to its job by it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface Origin {
  readonly jobId: string;
  readonly kind: string;
  readonly attempt: number;
  /** Ends the attempt with what it left behind; false when it has ended already. */
  fail(left: LeftBehindError): boolean;
}

export type LeftBehind = 'unhandled rejection' | 'uncaught exception';

/** What a handler threw where nobody could catch it. */
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

const current = new AsyncLocalStorage<Origin>();

/** Everything that `run` sets going belongs to the attempt. */
export const runAs = <T>(origin: Origin, run: () => T): T => current.run(origin, run);

/** Of the step that is running now; undefined when no handler began it. */
export const originOf = (): Origin | undefined => current.getStore();
