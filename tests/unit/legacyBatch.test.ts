import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Balances, type Batch, batchOf } from '#shared/legacy/ledger/batch.ts';

const transfer = (from: string, to: string, amount: string) => ({
  id: `${from}-${to}-${amount}`,
  from,
  to,
  amount,
  jobId: undefined,
  note: undefined,
});
const balances = (of: Readonly<Record<string, number>>): Balances =>
  new Map(Object.entries(of).map(([account, units]) => [account, BigInt(units)]));

/** Carries a batch out as a ledger does that lets nobody owe. */
const carriedOut = (before: Balances, { gets, moves, gives }: Batch): Balances => {
  const sums = new Map([...before].map(([account, units]) => [account, units > 0n ? units : 0n]));
  const change = (account: string, units: bigint): void => {
    const sum = (sums.get(account) ?? 0n) + units;
    expect(sum >= 0n, `${account} owes ${sum}`).toBe(true);
    sums.set(account, sum);
  };
  for (const [account, units] of gets) change(account, units);
  for (const { from, to, amount } of moves) {
    change(from, -amount);
    change(to, amount);
  }
  for (const [account, units] of gives) change(account, -units);
  return sums;
};

describe('a batch from one state of the original to the next', () => {
  it('is the transfers alone when they explain everything', () => {
    const batch = batchOf(balances({ a: 100_000 }), balances({ a: 60_000, b: 40_000 }), [
      transfer('a', 'b', '4'),
    ]);
    expect(batch.moves).toMatchObject([{ from: 'a', to: 'b', amount: 40_000n }]);
    expect(batch.opens).toEqual(['b']);
    expect([...batch.gets, ...batch.gives]).toEqual([]);
  });

  it('gives what no transfer tells of, and takes what rounding left', () => {
    const batch = batchOf(balances({ a: 10 }), balances({ a: 5, new: 7 }), [
      transfer('a', 'new', '0.0004'),
    ]);
    expect([...batch.gets]).toEqual([['new', 3n]]);
    expect([...batch.gives]).toEqual([['a', 1n]]);
  });

  it('lends what an account is short of in between', () => {
    // The original's mint was filled up between two of its payments, which no transfer says.
    const batch = batchOf(balances({ system: 3 }), balances({ system: 2, a: 6 }), [
      transfer('system', 'a', '0.0006'),
    ]);
    expect([...batch.gets]).toEqual([['system', 5n]]);
    expect(carriedOut(balances({ system: 3 }), batch)).toEqual(balances({ system: 2, a: 6 }));
  });

  it('moves no dust, and nothing from an account to itself', () => {
    const same = balances({ a: 5, b: 5 });
    const dust = [transfer('a', 'b', '0.00004'), transfer('a', 'a', '1')];
    expect(batchOf(same, same, dust)).toEqual({
      opens: [],
      gets: new Map(),
      moves: [],
      gives: new Map(),
    });
  });

  it('ends where the original stands, and nobody owes on the way', () => {
    const names = ['a', 'b', 'c', 'system'];
    const some = fc.dictionary(fc.constantFrom(...names), fc.integer({ min: -50, max: 500_000 }));
    const moves = fc.array(
      fc.record({
        from: fc.constantFrom(...names),
        to: fc.constantFrom(...names),
        amount: fc.double({ min: 0.00001, max: 40, noNaN: true }).map(String),
      }),
    );
    fc.assert(
      fc.property(some, some, moves, (first, second, transfers) => {
        const [before, after] = [balances(first), balances(second)];
        const all = transfers.map(({ from, to, amount }) => transfer(from, to, amount));
        const end = carriedOut(before, batchOf(before, after, all));
        for (const account of new Set([...end.keys(), ...after.keys()])) {
          const wanted = after.get(account) ?? 0n;
          expect(end.get(account) ?? 0n, account).toBe(wanted > 0n ? wanted : 0n);
        }
      }),
    );
  });
});
