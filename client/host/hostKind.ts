/** The form of the functions that a host runs. */
import type { Json } from '#shared/kernel/json.ts';

/** What a run knows of its job. */
export interface HostContext {
  /** Id of the job; the same for each of its attempts. */
  readonly jobId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** When the run must have ended, in ms since the epoch. */
  readonly deadline: number;
  /** Aborted when the deadline passes. A result after this is kept for the next attempt. */
  readonly signal: AbortSignal;
  /** Trace header of the job, when the job has one. */
  readonly trace?: string;
}

/**
 * Runs one kind of job and returns its result as JSON. It throws PermanentError when no attempt can
 * succeed; after any other error the mesh tries another host. It may run again for the same job
 * after a crash of the host: what must not happen twice must be recorded by `jobId`.
 */
export type HostKind = (input: Json, context: HostContext) => unknown;
