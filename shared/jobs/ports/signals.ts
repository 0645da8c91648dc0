/** The port of signals. */
import type { Wake } from '../record/claimOutcome.ts';
import type { Signal, SignalOutcome } from '../steps/kept.ts';

/** Where signals are sent to. */
export interface SignalStore {
  /** Keeps a signal for a job: one conditional write. */
  send(job: string, signal: Signal): Promise<SignalOutcome>;
  /**
   * Ends the wait of a job that waits for the key in the middle of its work: it may run from `now`
   * (ms since the epoch) on. Once is as good as twice.
   */
  wake(id: string, key: string, now: number): Promise<Wake>;
  /** Removes a signal for a job that has ended. */
  drop(job: string, name: string, signalId: string): Promise<void>;
}
