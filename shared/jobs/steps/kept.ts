/** What is kept of a job's steps and waits, so that a later run goes on where the last one stopped. */

/** What a kept item is about. */
export type StepOp = 'step' | 'call' | 'race';

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
  /** Of a call: the id of the job that was called. */
  readonly job?: string;
  /** The step is taken back when the job fails. */
  readonly undo?: true;
  /** The race in a branch of which the step was. */
  readonly race?: string;
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
  readonly op: 'sleep' | 'retry' | 'signal' | 'call';
  readonly name: string;
  /** The wait is over at this time, ms since the epoch; absent: it has no end of its own. */
  readonly until?: number;
  /** Of a retry: how often the step was tried. */
  readonly tries?: number;
  /** Of a call: the id of the job that was called. */
  readonly job?: string;
  /** Of a call: the race in a branch of which it is. */
  readonly race?: string;
}

/** What a job waits for between two runs, and what it waited for before. */
export interface Wait {
  readonly for: readonly Awaited[];
  readonly past?: Past;
}

/** The wait of a job, as its row has it. */
export interface KeptWait extends Wait {
  /** Which wait of the job this is, from 1. */
  readonly seq: number;
  /** Whether the job's message waits in its queue, or the table keeps the job without one. */
  readonly in: 'queue' | 'table';
  /** What ends the wait before its time: keys of signals and of jobs. */
  readonly wakers: readonly string[];
}

/** The key by which a signal ends a wait. */
export const signalKey = (name: string): string => `signal ${name}`;

/** The key by which the end of a job ends a wait. */
export const callKey = (job: string): string => `job ${job}`;

/** A message to one wait of a job. */
export interface Signal {
  /** The name of the wait. */
  readonly name: string;
  /** The same signal sent again has the same id. */
  readonly id: string;
  /** JSON text. */
  readonly data: string;
  /** When the signal was sent, ms since the epoch. */
  readonly at: number;
  /** Who sent the signal. */
  readonly by: string;
}

/** What ended a wait for a signal: the signal, or the wait's time. There is one for each name. */
export type Arrival =
  | { readonly kind: 'signal'; readonly signal: Signal }
  | { readonly kind: 'timeout'; readonly name: string; readonly at: number };

/** Why a job takes its steps back before it ends: it failed, or it was cancelled. */
export type Unwind =
  | { readonly kind: 'failed'; readonly fault: StepFault }
  | {
      readonly kind: 'cancelled';
      readonly by: string;
      readonly reason: string;
      readonly at: number;
    };

/** The name of the step that takes a step back. */
export const undoName = (step: string): string => `undo ${step}`;

/** The names of kept steps that must be taken back when the job fails, and were not. */
export const owedIn = (steps: Iterable<KeptStep>): readonly string[] => {
  const all = [...steps];
  const names = new Set(all.map(({ name }) => name));
  return all.flatMap(({ name, undo }) => (undo && !names.has(undoName(name)) ? name : []));
};

/** A signal that the schema of its wait refused; the wait went on. */
export interface RefusedSignal extends Signal {
  /** What the schema found. */
  readonly why: string;
}

/** Everything that is kept of a job. */
export interface Kept {
  readonly steps: readonly KeptStep[];
  readonly arrivals: readonly Arrival[];
  /** Absent where no signal was refused. */
  readonly refused?: readonly RefusedSignal[];
}

/** The kept steps of jobs. Every write is one conditional request, safe to repeat. */
export interface StepStore {
  /** Everything that is kept of a job. */
  read(job: StepsOf): Promise<Kept>;
  /** Keeps a step unless it is kept already; returns the one that counts. */
  keep(job: StepsOf, step: KeptStep): Promise<KeptStep>;
  /** Ends the wait for a signal at its time, unless it has ended; returns the end that counts. */
  timeOut(job: StepsOf, name: string, at: number): Promise<Arrival>;
  /**
   * Takes a signal back that breaks its schema, and notes why, so that another one may come; false
   * when too many were taken back.
   */
  refuse(job: StepsOf, signal: Signal, why: string): Promise<boolean>;
  /**
   * Keeps what is kept of a job for longer: all that would be deleted before `from` is kept until the
   * job's `expiresAt`. Both in seconds since the epoch.
   */
  renew(job: StepsOf, from: number): Promise<void>;
  /**
   * Deletes steps and ends of waits of a job, by their names, so that the next run does them again.
   */
  drop(job: StepsOf, names: readonly string[]): Promise<void>;
  /** The names of the signals that have come, of all waits of the job. */
  arrived(job: Pick<StepsOf, 'id' | 'since'>): Promise<readonly string[]>;
}

/** How a signal was taken. */
export type SignalOutcome =
  /** The signal is kept, and ends its wait. */
  | { readonly kind: 'kept' }
  /** The same signal was sent before. */
  | { readonly kind: 'repeated' }
  /** Another signal of this name was sent before, or the wait's time was over before. */
  | { readonly kind: 'taken'; readonly first: Arrival };

/** Whose steps: a job, told apart from an earlier job with its id. */
export interface StepsOf {
  readonly id: string;
  /** The id of the job's first message. */
  readonly messageId: string;
  /** How often the job was put back by hand: an error of an earlier generation is tried again. */
  readonly generation: number;
  /** Signals from before this time (ms since the epoch) were for an earlier job with the id. */
  readonly since: number;
  /** When the items may be deleted, in seconds since the epoch. */
  readonly expiresAt: number;
}
