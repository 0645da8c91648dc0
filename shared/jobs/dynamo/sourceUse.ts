/** What the limits of a source hold back, for people: the slots in use, and the next start. */
import { readAll } from '#shared/aws/itemBatches.ts';
import { slotKey } from '#shared/aws/slotItems.ts';
import type { SourceLimits } from '#shared/contracts/worker.ts';
import { slotItemsOf } from '#shared/kernel/slotShards.ts';
import { startsOf } from '../worker/waits/gcra.ts';
import type { StoreOptions } from './jobStore.ts';
import { rateKey, sourceSlotsKey } from './limiter.ts';

/** How far the limits of a source are used. */
export interface SourceUse {
  /** Ids of the jobs that have a slot. */
  readonly jobs: readonly string[];
  /** When the next job may start, ms since the epoch; in the past: at once. */
  readonly nextStart?: number;
}

/** Reads how far limits are used; the answers may be a moment old. */
export interface SourceUseReader {
  /** @param now ms since the epoch */
  of(source: string, limits: SourceLimits, now: number): Promise<SourceUse>;
}

const keysOf = (source: string, { perMinute, concurrency }: SourceLimits) => [
  ...(perMinute === undefined ? [] : [rateKey(source)]),
  ...(concurrency === undefined
    ? []
    : Array.from({ length: slotItemsOf(concurrency) }, (_, item) =>
        item === 0 ? sourceSlotsKey(source) : slotKey(source, item),
      )),
];

/** How far the limits of the sources in one Jobs table are used. */
export const createSourceUse = (options: StoreOptions): SourceUseReader => ({
  of: async (source, limits, now) => {
    const items = await readAll(options, keysOf(source, limits), { stale: true });
    const jobs = items.flatMap(({ held = {} }) =>
      Object.entries(held as Readonly<Record<string, number>>).flatMap(([job, until]) =>
        until > now ? [job] : [],
      ),
    );
    const { perMinute, burst = 1 } = limits;
    if (perMinute === undefined) return { jobs };
    const tat = items.find((item) => item['tat'] !== undefined)?.['tat'];
    const base = Math.max(now, Number(tat ?? now));
    const [nextStart = now] = startsOf({ perMinute, burst }, base, now, 1);
    return { jobs, nextStart };
  },
});
