/** What a client of the mesh is told when something is not as it asked for. */
import type { JobRecord } from '#shared/jobs/record/record.ts';

export class MeshError extends Error {
  override readonly name: string = 'MeshError';
  /** For example NO_DEPLOYMENT, PAYLOAD_INVALID, NOT_SENT, NOT_ENDED. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The job whose result was asked for ended without one. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';
  /** The job's own error code, or how it ended. */
  readonly code: string;
  readonly job: JobRecord;
  constructor(job: JobRecord) {
    super(`job ${job.id} ended ${job.status}${job.error ? `: ${job.error.message}` : ''}`);
    this.code = job.error?.code ?? job.status;
    this.job = job;
  }
}
