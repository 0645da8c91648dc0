/** What a host can do: a function for each kind of job. */
import type { Json } from '#shared/kernel/json.ts';

export interface HostContext {
  readonly jobId: string;
  /** From 1. */
  readonly attempt: number;
  /** ms since the epoch. */
  readonly deadline: number;
  /** Aborted when the deadline passes; what a run gives after that is kept for the next attempt. */
  readonly signal: AbortSignal;
  readonly trace?: string;
}

/**
 * Throws PermanentError when no attempt can succeed; whatever else it throws is tried elsewhere.
 * It may run again when its host crashed, or forgot: what must not happen twice goes by `jobId`.
 */
export type HostKind = (input: Json, context: HostContext) => unknown;
