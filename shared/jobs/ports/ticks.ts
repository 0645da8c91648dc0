/** Ports of the ticks of schedules. */

/** The moment for which a schedule sent a job. */
export interface Tick {
  readonly jobId: string;
  /** ms since the epoch. */
  readonly at: number;
}

/** For each schedule, the last tick whose job was let through. */
export interface Ticks {
  last(schedule: string): Promise<Tick | undefined>;
  /**
   * Replaces the last tick; false when it is no longer the tick that was `seen`. Safe to repeat.
   */
  advance(schedule: string, seen: Tick | undefined, next: Tick): Promise<boolean>;
}
