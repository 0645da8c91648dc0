/** Sends batches to a service that may hand back a part of a batch; that part is sent again. */
import { doubled, fullJitter } from './backoff.ts';
import { LIMITS } from './limits.ts';
import { mapPool } from './pool.ts';
import { type Random, systemRandom, systemSleep } from './ports.ts';

/** The service took nothing of a batch, several times in a row. Earlier items stay taken. */
export class HandedBackError extends Error {
  override readonly name = 'HandedBackError';
  readonly code = 'HANDED_BACK';
  constructor(left: number, tries: number) {
    super(`${left} items were handed back ${tries} times in a row: overloaded; try again later`);
  }
}

export interface Batches {
  /** The most items of one batch. */
  readonly size: number;
  /**
   * How many batches are under way at once. The default is 1, which keeps the order of the items.
   */
  readonly width?: number;
  readonly random?: Random;
  /** Waits, in ms. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/** Splits a list into lists of at most `size` items, in order. */
export const chunksOf = <T>(items: readonly T[], size: number): readonly T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );

/**
 * Sends all items, and sends again what was handed back, each time after a random pause.
 * @param send sends one batch and answers with the items to send again, which may differ in form
 * @throws HandedBackError HANDED_BACK when nothing was taken `LIMITS.batchTriesMax` times in a row
 */
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
      // The pause grows only while nothing is taken: a part may come back just because of its size.
      const most = doubled(LIMITS.batchPauseMsMin, fruitless, LIMITS.batchPauseMsMax);
      await sleep(fullJitter(most, random));
      const before = left.length;
      left = await send(left);
      fruitless = left.length < before ? 0 : fruitless + 1;
    }
  };
  await mapPool(chunksOf(items, size), width, sendAll);
};
