/** Port of pools: kinds that run on a function of their own. */
import type { Delivery, NotTaken } from './jobs.ts';

/** Brings jobs that came to the queue of another pool to their own. */
export interface PoolRouter {
  /** The longest that an attempt may run here, in seconds. */
  readonly runSecondsMax: number;
  /** Whether the kind runs elsewhere: in another pool, or in none. */
  isElsewhere(kind: string): boolean;
  /**
   * Sends a job to the queue of its pool. To send again does no harm. Rejects when the queue may
   * take the message later.
   *
   * @returns what the queue said when it will never take the message
   */
  move(kind: string, delivery: Delivery): Promise<NotTaken | undefined>;
}
