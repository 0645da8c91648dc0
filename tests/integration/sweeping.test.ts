import { beforeAll, describe, expect, inject, it } from 'vitest';
import { startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const FAR = 4e12;
const PAYERS = ['ann', 'ben', 'cat', 'dan'];
const WRITERS = 4;
let test: TestLedger;

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'), 4);
});

/** What they have lies in the mint's lane, which is nobody's home but some. */
const fund = async (suffix: string): Promise<readonly string[]> => {
  const accounts = PAYERS.map((name) => name + suffix);
  await test.open(Object.fromEntries(accounts.map((account) => [account, 0n])));
  for (const account of accounts) {
    const id = `fund:${account}`;
    await test.ledger.transfer({ id, unit: UNIT, from: 'mint', to: account, amount: 100n });
  }
  return accounts;
};

describe('money that lies in another lane', () => {
  it.each(['hold', 'transfer'] as const)(
    'is there for all who want it at once: %s',
    async (operation) => {
      const accounts = await fund(`-${operation}`);
      const writers = Array.from({ length: WRITERS }, () => test.another());
      const outcomes = await Promise.all(
        accounts.flatMap((from) =>
          writers.map((writer, n) => {
            const request = { id: `${from}:${n}`, unit: UNIT, from, amount: 25n };
            return operation === 'hold'
              ? writer.hold({ ...request, expiresAt: FAR })
              : writer.transfer({ ...request, to: 'mint' });
          }),
        ),
      );
      expect(outcomes.filter(({ code }) => code !== 'created')).toEqual([]);
      for (const account of accounts) expect(await test.available(account)).toBe(0n);
    },
  );
});
