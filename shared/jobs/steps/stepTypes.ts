/** The types of what a handler calls to run steps and to wait. */
import type { RetryPolicyInput } from '../envelope/retryPolicy.ts';
import type { Duration } from './duration.ts';

/** What the function of a step gets. */
export interface StepRun {
  /** Aborted at the step's timeout, and whenever the job's own signal is. */
  readonly signal: AbortSignal;
  /** Which try of the step this is; 1 for the first. */
  readonly try: number;
  /** The same text for every try of this step: hand it to services that go by a key. */
  readonly idempotencyKey: string;
}

/** Options of a step. */
export interface StepOptions {
  /** How often and when a failed step is tried again; each field else as the kind says. */
  readonly retry?: RetryPolicyInput;
  /** The longest try, in seconds; none by default, beside the job's own. */
  readonly timeoutSeconds?: number;
}

/** What a handler calls to keep what it did, and to wait without running. */
export interface Steps {
  /**
   * Runs `fn` once in effect. Its result is kept (as JSON); a later run of the job gets the kept
   * result. When two runs of a job do the same step, both get the result that was kept first.
   * @param name the same in every run, and used once in a run
   * @throws StepError when the step failed for good: the same error in every run
   * @throws StepUseError for a name that is taken or is no name, for too many steps
   */
  readonly step: <T>(
    name: string,
    fn: (run: StepRun) => Promise<T> | T,
    options?: StepOptions,
  ) => Promise<T>;
  /**
   * Waits, without a run and without an attempt meanwhile; up to 366 days, to the second.
   * @throws StepUseError for a duration or a name that cannot be
   */
  readonly sleep: (name: string, duration: Duration) => Promise<void>;
  /**
   * Waits until a time (a date, or ms since the epoch), as `sleep` does.
   * @throws StepUseError for a time beyond 366 days, or no time
   */
  readonly sleepUntil: (name: string, time: Date | number) => Promise<void>;
}
