import { expect, inject, it } from 'vitest';
import { sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { itemSizes, moveMany } from '../support/itemSizes.ts';
import { auditOf, partsOf, startLedger } from '../support/ledger.ts';

it('has items as large after 1,000 transfers as after 10, but for the digits of sums', async () => {
  const test = await startLedger(inject('dynamoEndpoint'));
  await test.open({ a: 10_000n, b: 10_000n });
  const sizesAfter = async (count: number) => {
    await moveMany(test, ['a', 'b'], count);
    await sweepLanes(1, partsOf(test.options, 1));
    return itemSizes(test, 'a');
  };
  const few = await sizesAfter(8);
  const many = await sizesAfter(990);
  expect(await auditOf(test)).toMatchObject({ transfers: 1_000 });
  expect(many.map(({ item }) => item)).toEqual(['head', 'balance', 'account', 'cursor']);
  expect(many.map(({ fixedBytes }) => fixedBytes)).toEqual(few.map(({ fixedBytes }) => fixedBytes));
  expect(Math.max(...many.map(({ bytes }) => bytes))).toBeLessThan(250);
  for (const [index, { bytes }] of many.entries())
    expect(bytes - (few[index]?.bytes ?? 0)).toBeLessThanOrEqual(4);
});
