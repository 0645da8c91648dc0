/** The steps of one run, as the worker knows them. */
import type { Suspension } from './run.ts';
import type { Steps } from './stepTypes.ts';

/** The steps of one run, and how the run ends beside its handler. */
export interface RunSteps {
  readonly steps: Steps;
  /**
   * Resolves when the run must end to wait. Rejects when the table or the bucket cannot be reached:
   * the handler must not see that.
   */
  readonly suspended: Promise<Suspension>;
  /** The run is over: whatever the handler still asks for never settles. */
  stop(): void;
}
