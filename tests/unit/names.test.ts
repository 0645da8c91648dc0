import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepNames } from '#shared/hosts/http/keptNames.ts';
import { LIMITS } from '#shared/kernel/limits.ts';

const at = (address: string) => [{ address, family: 4 }];
const fault = (code: string) => Object.assign(new Error(code), { code });

describe('addresses of a name', () => {
  let now = 0;
  const clock = { now: () => now };
  beforeEach(() => {
    now = 0;
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it('are asked for once by all who ask at once, and again when they are no longer fresh', async () => {
    const resolve = vi
      .fn()
      .mockResolvedValueOnce(at('1.1.1.1'))
      .mockResolvedValueOnce(at('2.2.2.2'));
    const names = keepNames(resolve, clock);
    expect(await Promise.all([names('a'), names('a')])).toEqual([at('1.1.1.1'), at('1.1.1.1')]);
    now = LIMITS.dnsFreshMs - 1;
    expect(await names('a')).toEqual(at('1.1.1.1'));
    now += 1;
    expect(await names('a')).toEqual(at('2.2.2.2'));
    expect(resolve).toHaveBeenCalledTimes(2);
  });

  it('are those from before when the resolver fails, but not when it says that there are none', async () => {
    const resolve = vi
      .fn()
      .mockResolvedValueOnce(at('1.1.1.1'))
      .mockRejectedValueOnce(fault('EAI_AGAIN'))
      .mockRejectedValue(fault('ENOTFOUND'));
    const names = keepNames(resolve, clock);
    await names('a');
    now = LIMITS.dnsFreshMs;
    expect(await names('a')).toEqual(at('1.1.1.1'));
    await expect(names('a')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(names('a')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('are those from before when the resolver keeps silent, until it speaks', async () => {
    const answer = Promise.withResolvers<ReturnType<typeof at>>();
    const resolve = vi
      .fn()
      .mockResolvedValueOnce(at('1.1.1.1'))
      .mockReturnValueOnce(answer.promise);
    const names = keepNames(resolve, clock);
    await names('a');
    now = LIMITS.dnsFreshMs;
    const asked = names('a');
    await vi.advanceTimersByTimeAsync(LIMITS.dnsPatienceMs);
    expect(await asked).toEqual(at('1.1.1.1'));
    answer.resolve(at('2.2.2.2'));
    await answer.promise;
    expect(await names('a')).toEqual(at('2.2.2.2'));
    expect(resolve).toHaveBeenCalledTimes(2);
  });
});
