/** Verification of a ledger that somebody writes to during the look. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import { verifyRunning } from '#shared/ledger/audit/verifyRunning.ts';
import { partsOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const FAR = 4e12;
const LANES = 2;
let test: TestLedger;
let writes = 0;

const pay = () => {
  writes += 1;
  return test.ledger.transfer({ id: `t${writes}`, unit: UNIT, from: 'a', to: 'b', amount: 1n });
};
const hold = () => {
  writes += 1;
  return test.ledger.hold({ id: `h${writes}`, unit: UNIT, from: 'a', amount: 1n, expiresAt: FAR });
};
const damage = () => {
  const { client, table } = test.options;
  return client.send(new PutCommand({ TableName: table, Item: { pk: 'Z', sk: 'Z' } }));
};

interface Writes {
  /** After a look has read the journal and the holds, and before it reads the items. */
  readonly during?: (looks: number) => unknown;
  /** Between two looks. */
  readonly after?: () => unknown;
}

const verified = async ({ during, after }: Writes = {}) => {
  const parts = partsOf(test.options, LANES);
  let looks = 0;
  const reader = {
    ...parts.reader,
    items: async function* () {
      looks += 1;
      await during?.(looks);
      yield* parts.reader.items();
    },
  };
  const wait = async () => void (await after?.());
  const { problem, unsure } = await verifyRunning({ ...parts, reader, lanes: LANES, wait });
  return { looks, problem, unsure };
};

beforeEach(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  await test.open({ a: 1_000n, b: 1_000n });
});

describe('a ledger that is as its journal says', () => {
  it.each([
    ['a transfer', pay],
    ['a hold', hold],
  ] as const)('is right after %s during the look', async (_what, write) => {
    const during = (looks: number) => (looks === 1 ? write() : undefined);
    expect(await verified({ during })).toEqual({ looks: 2, problem: undefined, unsure: undefined });
  });

  it('is never called wrong when somebody writes during every look', async () => {
    const { looks, problem, unsure } = await verified({ during: pay });
    expect({ looks, problem }).toEqual({ looks: 5, problem: undefined });
    expect(unsure?.what).toMatch(/the journal gives/);
  });
});

describe('a difference that stays', () => {
  const wrong = { where: 'item Z Z', what: 'is nothing that the ledger writes' };

  it.each([
    ['nobody writes', undefined],
    ['somebody writes all the time', pay],
  ] as const)('is a problem when %s', async (_when, after) => {
    await damage();
    const writes = after ? { after } : {};
    expect(await verified(writes)).toEqual({ looks: 5, problem: wrong, unsure: undefined });
  });
});
