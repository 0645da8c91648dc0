/** Batches for a service that may hand a part of one back: that part is sent again, after a pause. */
import { doubled, fullJitter } from './backoff.ts';
import { LIMITS } from './limits.ts';
import { mapPool } from './pool.ts';
import { type Random, systemRandom, systemSleep } from './ports.ts';

/** Nothing of a batch was taken, time after time. What was taken before stays so. */
export class HandedBackError extends Error {
  override readonly name = 'HandedBackError';
  readonly code = 'HANDED_BACK';
  constructor(left: number, tries: number) {
    super(`${left} items were handed back ${tries} times in a row: overloaded; try again later`);
  }
}

export interface Batches {
  /** Items of one batch. */
  readonly size: number;
  /** Batches under way at once; with one of them, which is the default, order is kept. */
  readonly width?: number;
  readonly random?: Random;
  /** @param ms in milliseconds */
  readonly sleep?: (ms: number) => Promise<void>;
}

export const chunksOf = <T>(items: readonly T[], size: number): readonly T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );

/** @param send answers with what it was handed back, which may come in another form than it went. */
export const inBatches = async <T>(
  items: readonly T[],
  { size, width = 1, random = systemRandom, sleep = systemSleep }: Batches,
  send: (batch: readonly T[]) => Promise<readonly T[]>,
): Promise<void> => {
  const sendAll = async (batch: readonly T[]): Promise<void> => {
    let left = await send(batch);
    let fruitless = left.length < batch.length ? 0 : 1;
    while (left.length > 0) {
      if (fruitless >= LIMITS.batchTriesMax) throw new HandedBackError(left.length, fruitless);
      // Growing only while nothing is taken: a part is also handed back for its size alone.
      const most = doubled(LIMITS.batchPauseMsMin, fruitless, LIMITS.batchPauseMsMax);
      await sleep(fullJitter(most, random));
      const before = left.length;
      left = await send(left);
      fruitless = left.length < before ? 0 : fruitless + 1;
    }
  };
  await mapPool(chunksOf(items, size), width, sendAll);
};
