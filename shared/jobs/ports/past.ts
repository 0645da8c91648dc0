/** What another system decided about a job, before the mesh had the job. */
import type { TraceStep } from '../record/trace.ts';

/** One decision of another system. */
export interface PastStep extends TraceStep {
  readonly jobId: string;
  /** Tells decisions of one job apart; the same decision always has the same key. */
  readonly key: string;
  /** The decision as the other system wrote it, as JSON. */
  readonly source: string;
}

/** Keeps decisions of other systems beside the jobs. */
export interface PastSteps {
  /** Keeps them until `expiresAt` (seconds since the epoch); what is kept already is kept anew. */
  keep(steps: readonly PastStep[], expiresAt: number): Promise<void>;
  /** The decisions about one job, in the order of time. */
  of(id: string): Promise<readonly TraceStep[]>;
}
