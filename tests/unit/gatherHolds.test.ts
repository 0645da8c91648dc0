import { describe, expect, it } from 'vitest';
import type { Hold } from '#shared/ledger/core/types.ts';
import type { Found } from '#shared/ledger/ports.ts';
import { gatherHolds } from '#shared/ledger/write/gatherHolds.ts';

const holdOf = (id: string) => ({ id }) as Hold;
const NOTHING: Found = { accounts: [], positions: [], transfers: [], holds: [] };

/** A request for the hold `bad` fails. */
const start = () => {
  const asked: (readonly string[])[] = [];
  const load = async ({ records = [] }: { readonly records?: readonly string[] }) => {
    asked.push(records);
    if (records.includes('bad')) throw new Error('no answer');
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

  it('fail together, and the next turn asks anew', async () => {
    const { asked, read } = start();
    const told = await Promise.allSettled(['a', 'bad'].map(read));
    expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await read('a')).toEqual(holdOf('a'));
    expect(asked).toEqual([['a', 'bad'], ['a']]);
  });
});
