/** The progress of a running attempt: only the latest is written, at most once a second. */
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import { clipped } from '#shared/kernel/text.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Lease, Progress } from '../../record/record.ts';

interface ProgressOptions {
  readonly store: Pick<JobStore, 'amend'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const INTERVAL_MS = 1_000;
const NOTE_MAX = 256;

/** Reports the progress of one attempt. */
export interface ProgressWriter {
  /** Takes a fraction from 0 to 1 (bounded to that, NaN ignored) and a note, which is shortened. */
  report(fraction: number, note?: string): void;
  /** Resolves when no write is under way. Progress that was not written yet is dropped. */
  stop(): Promise<void>;
}

/**
 * A writer under the attempt's lease. A write that fails is logged, and is no failure of the job.
 */
export const createProgress = (
  lease: Lease,
  { store, clock, logger }: ProgressOptions,
): ProgressWriter => {
  let latest: Progress | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<unknown> = Promise.resolve();
  let nextAt = 0;

  const write = async (): Promise<void> => {
    timer = undefined;
    if (latest === undefined) return;
    const progress = latest;
    latest = undefined;
    nextAt = clock.now() + INTERVAL_MS;
    // A lost report does no harm: the next report is newer.
    await store.amend(lease, { progress }).catch((error: unknown) => {
      logger.warn('progress not written', { jobId: lease.id, error });
    });
  };

  return {
    report: (fraction, note) => {
      const bounded = Math.min(1, Math.max(0, fraction));
      if (Number.isNaN(bounded)) return;
      const text = note === undefined ? {} : { note: clipped(note, NOTE_MAX) };
      latest = { fraction: bounded, ...text, at: clock.now() };
      timer ??= setTimeout(
        () => {
          writing = writing.then(write);
        },
        Math.max(0, nextAt - clock.now()),
      );
    },
    stop: async () => {
      clearTimeout(timer);
      await writing;
    },
  };
};
