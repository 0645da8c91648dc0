/** What is kept of a job's steps and waits, so that a later run goes on where the last one stopped. */

/** What a kept item is about. */
export type StepOp = 'step';

/** How one step ended: with a result, as JSON text or its key in the bucket, or with an error. */
export interface KeptStep {
  readonly name: string;
  readonly op: StepOp;
  /** When the step ended, ms since the epoch. */
  readonly at: number;
  /** How long the last try took, in ms. */
  readonly tookMs: number;
  /** How often the step was tried. */
  readonly tries: number;
  readonly result?: string;
  readonly resultRef?: string;
  readonly error?: StepFault;
  /** Waits that had ended by then, with their times in ms; no other item tells of them. */
  readonly past?: Past;
}

/** The final error of a step. */
export interface StepFault {
  readonly code: string;
  readonly message: string;
}

/** Names of waits that are over, with the times (ms since the epoch) at which they were over. */
export type Past = Readonly<Record<string, number>>;

/** One thing that a job waits for between two runs. */
export interface Awaited {
  readonly op: 'sleep' | 'retry';
  readonly name: string;
  /** The wait is over at this time, ms since the epoch. */
  readonly until: number;
  /** Of a retry: how often the step was tried. */
  readonly tries?: number;
}

/** What a job waits for between two runs, and what it waited for before. */
export interface Wait {
  readonly for: readonly Awaited[];
  readonly past?: Past;
}

/** The kept steps of jobs. Every write is one conditional request, safe to repeat. */
export interface StepStore {
  /** Everything that is kept of a job. */
  read(job: StepsOf): Promise<readonly KeptStep[]>;
  /** Keeps a step unless it is kept already; returns the one that counts. */
  keep(job: StepsOf, step: KeptStep): Promise<KeptStep>;
}

/** Whose steps: a job, told apart from an earlier job with its id. */
export interface StepsOf {
  readonly id: string;
  /** The id of the job's first message. */
  readonly messageId: string;
  /** How often the job was put back by hand: an error of an earlier generation is tried again. */
  readonly generation: number;
  /** When the items may be deleted, in seconds since the epoch. */
  readonly expiresAt: number;
}
