/** The steps of one run, as the worker knows them. */
import type { Suspension } from './run.ts';
import type { Steps } from './stepTypes.ts';

/** The steps of one run, and how the run ends beside its handler. */
export interface RunSteps {
  readonly steps: Steps;
  /** The run takes steps back; what the handler returns does not count. */
  readonly unwinding: boolean;
  /**
   * Resolves when the run must end to wait. Rejects when the table or the bucket cannot be reached:
   * the handler must not see that.
   */
  readonly suspended: Promise<Suspension>;
  /** Resolves in a run that takes steps back, with what could not be taken back, in words. */
  readonly unwound: Promise<readonly string[]>;
  /** The handler has come to its end. */
  handled(): void;
  /** Kept steps that the handler did not ask for. */
  unasked(): readonly string[];
  /** Whether steps must be taken back should the job fail now. */
  owes(): boolean;
  /** The run is over: whatever the handler still asks for never settles. */
  stop(): void;
}
