/** Ports of the limits of sources: what a source may use, and what keeps count of it. */
import type { SourceLimits } from '#shared/contracts/worker.ts';

/** A job's slot of its source: the right to run beside the other jobs of the source. */
export interface SourceSlot {
  readonly source: string;
  readonly id: string;
  /** When the slot becomes free, also when its attempt died; ms since the epoch. */
  readonly until: number;
  /** The number of the table's item that holds the slot; 0 for the first. */
  readonly item: number;
  /** The job had no slot in this item before. */
  readonly fresh: boolean;
}

/** How much sources use of their limits. */
export interface Limiter {
  /** Reserves one start and returns its time, in ms since the epoch. */
  reserve(source: string, limits: SourceLimits, now: number): Promise<number>;
  /** Takes a slot until `until` (ms since the epoch); undefined when none is free. Safe to repeat. */
  enter(
    source: string,
    concurrency: number,
    id: string,
    until: number,
  ): Promise<SourceSlot | undefined>;
  /**
   * Gives a slot back.
   * @param whose `ours`: only if no other attempt of the job has taken the slot since then
   */
  leave(slot: SourceSlot, whose: 'ours' | 'any'): Promise<void>;
}
