/** The errors of the client. */
import type { JobRecord } from '#shared/jobs/record/record.ts';

/** Thrown when the mesh cannot do what was asked; `code` says why. */
export class MeshError extends Error {
  override readonly name: string = 'MeshError';
  /** For example NO_DEPLOYMENT, PAYLOAD_INVALID, NOT_SENT, NOT_ENDED. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Thrown when a job ended without a result: DEAD, QUARANTINED or CANCELLED. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';
  /** The job's own error code, or how it ended. */
  readonly code: string;
  /** The job's record, with its whole history. */
  readonly job: JobRecord;
  constructor(job: JobRecord) {
    super(`job ${job.id} ended ${job.status}${job.error ? `: ${job.error.message}` : ''}`);
    this.code = job.error?.code ?? job.status;
    this.job = job;
  }
}
