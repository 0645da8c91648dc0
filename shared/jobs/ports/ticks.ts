/** What the ticks of schedules need of the outside. */

/** The moment for which a schedule sent a job. */
export interface Tick {
  readonly jobId: string;
  /** ms since the epoch. */
  readonly at: number;
}

/** The last tick of each schedule that was let through. */
export interface Ticks {
  last(schedule: string): Promise<Tick | undefined>;
  /** false when it is no longer the one that was `seen`. Done twice it is done once. */
  advance(schedule: string, seen: Tick | undefined, next: Tick): Promise<boolean>;
}
