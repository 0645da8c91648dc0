import { describe, expect, it } from 'vitest';
import type { Hold } from '#shared/ledger/core/types.ts';
import type { Found } from '#shared/ledger/ports.ts';
import { gatherHolds } from '#shared/ledger/write/gatherHolds.ts';

const holdOf = (id: string) => ({ id }) as Hold;
const NOTHING: Found = { accounts: [], positions: [], transfers: [], holds: [] };

/** Holds called `bad` cannot be read, and spoil the request that they are in. */
const start = () => {
  const asked: (readonly string[])[] = [];
  const load = async ({ records = [] }: { readonly records?: readonly string[] }) => {
    asked.push(records);
    if (records.includes('bad')) throw new Error('unreadable');
    return { ...NOTHING, holds: records.filter((id) => id !== 'none').map(holdOf) };
  };
  return { asked, read: gatherHolds({ load }) };
};

describe('holds that are read in one turn', () => {
  it('are one request, each asked for once, and those of the next turn another', async () => {
    const { asked, read } = start();
    const found = await Promise.all(['a', 'b', 'a', 'none'].map(read));
    expect(found).toEqual([holdOf('a'), holdOf('b'), holdOf('a'), undefined]);
    expect(await read('a')).toEqual(holdOf('a'));
    expect(asked).toEqual([['a', 'b', 'none'], ['a']]);
  });

  it('suffer no harm from a neighbour that cannot be read', async () => {
    const { read } = start();
    const [a, bad, b] = await Promise.allSettled(['a', 'bad', 'b'].map(read));
    expect([a, b]).toMatchObject([{ value: holdOf('a') }, { value: holdOf('b') }]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { message: 'unreadable' } });
  });

  it('that alone cannot be read is asked for once', async () => {
    const { asked, read } = start();
    await expect(read('bad')).rejects.toThrow('unreadable');
    expect(asked).toEqual([['bad']]);
  });
});
