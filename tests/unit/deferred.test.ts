import { expect, it } from 'vitest';
import { deferred } from '#shared/kernel/deferred.ts';

it('loads at the first call, once for all', async () => {
  let loads = 0;
  const { double } = deferred(async () => {
    loads += 1;
    return { double: async (n: number) => 2 * n };
  });
  expect(loads).toBe(0);
  expect(await Promise.all([double(1), double(2)])).toEqual([2, 4]);
  expect(loads).toBe(1);
});

it('loads again after a load that failed', async () => {
  let loads = 0;
  const { hello } = deferred(async () => {
    loads += 1;
    if (loads === 1) throw new Error('no such module');
    return { hello: async () => 'hello' };
  });
  await expect(hello()).rejects.toThrow('no such module');
  expect(await hello()).toBe('hello');
});

it('is no promise: who awaits it gets it', async () => {
  const stand = deferred(async () => ({ hello: async () => 'hello' }));
  expect(await (await stand).hello()).toBe('hello');
});
