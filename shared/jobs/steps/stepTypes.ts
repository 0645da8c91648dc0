/** The types of what a handler calls to run steps and to wait. */
import type { RetryPolicyInput } from '../envelope/retryPolicy.ts';
import type { Envelope } from '../envelope/schema.ts';
import type { PayloadSchema } from '../kinds/payloadSchema.ts';
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

/**
 * Options of a step.
 * @typeParam T what the step returns
 */
export interface StepOptions<T = unknown> {
  /** How often and when a failed step is tried again; each field else as the kind says. */
  readonly retry?: RetryPolicyInput;
  /** The longest try, in seconds; none by default, beside the job's own. */
  readonly timeoutSeconds?: number;
  /**
   * Takes the step back. Called with the step's result when the job ends `DEAD` or `CANCELLED`
   * after the step, in the reverse order of the steps; itself a step, with the step's `retry`.
   */
  readonly compensate?: ((result: T, run: StepRun) => unknown) | undefined;
}

/** Options of a wait for a signal. */
export interface WaitOptions<T> {
  /** How long to wait at most; without it, until the signal comes. */
  readonly timeout?: Duration;
  /**
   * A Standard Schema of the signal's data. Data that breaks the schema is refused, and the wait
   * goes on.
   */
  readonly schema?: PayloadSchema<unknown, T>;
}

/** Options of a call. */
export interface CallOptions {
  /** The name of the call among the steps; the kind by default. */
  readonly name?: string;
  /** What the envelope of the called job says beside its kind, its payload and its id. */
  readonly envelope?: Omit<
    Envelope,
    'kind' | 'payload' | 'payloadRef' | 'parentId' | 'id' | 'idempotencyKey'
  >;
}

/** A kind that can be called: its name, and the types of its payload and its result. */
export interface Callable<P, R> {
  /** The name of the kind. */
  readonly kind: string;
  /** The schema of the payload. */
  readonly payload: PayloadSchema<P>;
  /** Never set: this field only carries the type of the result. */
  readonly returns?: R;
}

/**
 * The branch that came to its end first, by its name, and what it returned.
 * @typeParam T the branches, by their names
 */
export type Raced<T extends Readonly<Record<string, () => Promise<unknown>>>> = {
  [K in keyof T]: { readonly winner: K; readonly value: Awaited<ReturnType<T[K]>> };
}[keyof T];

/** What a signal URL sends, and until when. */
export interface SignalUrlOptions {
  /** How long the URL can be used. 7 days by default, at most 366 days. */
  readonly expiresIn?: Duration;
  /**
   * The data of the signal, up to 1,024 bytes as JSON. Whoever has the URL can read it. Without it,
   * the body of the request is the data: JSON, or the fields of a form.
   */
  readonly data?: unknown;
  /** What is on the button of the URL's page, up to 80 characters. "Confirm" by default. */
  readonly label?: string;
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
    options?: StepOptions<T>,
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
  /**
   * Waits for a signal that a person, a program or another job sends to this job under the name, as
   * `sleep` waits. A signal that came before the wait counts; the first signal of a name is the one.
   * @throws WaitTimeoutError when no signal came in time: the same error in every run
   * @throws StepError SIGNAL_INVALID when many signals in a row broke the schema
   */
  readonly waitFor: <T = unknown>(name: string, options?: WaitOptions<T>) => Promise<T>;
  /**
   * Sends a job and waits for its end, as `sleep` waits. Returns the job's result.
   * @throws StepError when the job ended without a result, with the code of its error
   * @throws StepError BUDGET_EXCEEDED when this job holds too little to pay for the other
   * @throws EnqueueError when the job could not run
   */
  readonly call: {
    <P, R>(kind: Callable<P, R>, payload: P, options?: CallOptions): Promise<R>;
    <R = unknown>(kind: string, payload: unknown, options?: CallOptions): Promise<R>;
  };
  /**
   * Runs `fn` for each item, `concurrency` at a time (10 by default), and returns the results in
   * the order of the items. After a failure no further item begins.
   * @throws the error of the first item, in their order, that failed
   */
  readonly all: <I, R>(
    items: readonly I[],
    fn: (item: I, index: number) => Promise<R> | R,
    options?: { readonly concurrency?: number },
  ) => Promise<R[]>;
  /**
   * Runs branches side by side. Keeps which branch came to its end first, and returns its name and
   * its value; what the others wait for is given up, and the jobs that they called are cancelled.
   * @throws StepError the error of the first branch, when the branch failed
   */
  readonly race: <T extends Readonly<Record<string, () => Promise<unknown>>>>(
    name: string,
    branches: T,
  ) => Promise<Raced<T>>;
  /**
   * A URL by which somebody without any rights sends one signal to this job, such as a link in a mail.
   * The mesh needs the setting `signalUrls`. The same in every run, but for the time of its end.
   * @param name of the wait; the wait need not have begun
   * @throws StepUseError SIGNAL_URLS_OFF without the setting, SIGNAL_URL_INVALID for options that
   *   cannot be
   */
  readonly signalUrl: (name: string, options?: SignalUrlOptions) => Promise<string>;
  /**
   * Sends a signal to another job, once whatever happens to this run.
   * @throws StepUseError SIGNAL_TOO_LARGE
   */
  readonly sendSignal: (jobId: string, name: string, data?: unknown) => Promise<void>;
}
