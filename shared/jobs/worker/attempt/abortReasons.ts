/** Why the signal of a running attempt is aborted. */
import type { CancelRequest } from '../../record/record.ts';

/** Reason of an aborted signal: the attempt took longer than it may. */
export class JobTimeoutError extends Error {
  override readonly name = 'JobTimeoutError';
  readonly code = 'TIMEOUT';
}
/** Reason of an aborted signal: another attempt has the lease, so this one must write nothing. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
  readonly code = 'LEASE_LOST';
}
/** Reason of an aborted signal: the invocation ends. The attempt is given back, not counted. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly code = 'INTERRUPTED';
}
/** Reason of an aborted signal: a person cancelled the job. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  readonly code = 'CANCELLED';
  readonly request: CancelRequest;
  constructor(request: CancelRequest) {
    super(`cancelled by ${request.by}: ${request.reason}`);
    this.request = request;
  }
}
