import { describe, expect, it } from 'vitest';
import { chunksOf, HandedBackError, inBatches } from '#shared/kernel/batches.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Sends `items` to a service that answers as `answers` say, one after the other, then takes all. */
const sent = async (
  items: readonly number[],
  answers: readonly ((batch: readonly number[]) => readonly number[])[],
  { size = 3, width = 1 } = {},
) => {
  const batches: (readonly number[])[] = [];
  const pausesMs: number[] = [];
  const options = {
    size,
    width,
    random: { next: () => 1 },
    sleep: async (ms: number) => void pausesMs.push(ms),
  };
  const error = await inBatches(items, options, async (batch) => {
    batches.push(batch);
    return answers[batches.length - 1]?.(batch) ?? [];
  }).catch((thrown: unknown) => thrown);
  return { batches, pausesMs, error };
};

const all = (batch: readonly number[]) => batch;
const last = (batch: readonly number[]) => batch.slice(-1);

describe('inBatches', () => {
  it('sends nothing for nothing', async () => {
    expect(await sent([], [])).toEqual({ batches: [], pausesMs: [], error: undefined });
  });

  it('sends as many as fit, in their order and without a pause', async () => {
    const { batches, pausesMs } = await sent(numbers(7), []);
    expect(batches).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(pausesMs).toEqual([]);
  });

  it('sends what was handed back once more, before what comes after it', async () => {
    const { batches, pausesMs } = await sent(numbers(4), [last]);
    expect(batches).toEqual([[0, 1, 2], [2], [3]]);
    expect(pausesMs).toEqual([LIMITS.batchPauseMsMin]);
  });

  it('waits longer while nothing is taken, and not when something was', async () => {
    const { batches, pausesMs, error } = await sent(numbers(3), [all, all, all, last, all]);
    expect(batches.map(({ length }) => length)).toEqual([3, 3, 3, 3, 1, 1]);
    const min = LIMITS.batchPauseMsMin;
    expect(pausesMs).toEqual([2 * min, 4 * min, 8 * min, min, 2 * min]);
    expect(error).toBeUndefined();
  });

  it('gives up when nothing is taken for long, and says how much is left', async () => {
    const { batches, pausesMs, error } = await sent(numbers(2), Array(99).fill(all));
    expect(batches).toHaveLength(LIMITS.batchTriesMax);
    expect(Math.max(...pausesMs)).toBe(LIMITS.batchPauseMsMax);
    expect(error).toBeInstanceOf(HandedBackError);
    expect(error).toMatchObject({
      code: 'HANDED_BACK',
      message: expect.stringMatching(/^2 items/),
    });
  });

  it('has so many batches under way at once', async () => {
    let under = 0;
    let most = 0;
    await inBatches(numbers(20), { size: 2, width: 4 }, async () => {
      under += 1;
      most = Math.max(most, under);
      await Promise.resolve();
      under -= 1;
      return [];
    });
    expect(most).toBe(4);
  });

  it('rejects with what the service rejects with', async () => {
    const failing = inBatches([1], { size: 1 }, () => Promise.reject(new Error('away')));
    await expect(failing).rejects.toThrow('away');
  });
});

it('chunksOf leaves nothing out', () => {
  expect(chunksOf(numbers(5), 2)).toEqual([[0, 1], [2, 3], [4]]);
  expect(chunksOf([], 2)).toEqual([]);
});
