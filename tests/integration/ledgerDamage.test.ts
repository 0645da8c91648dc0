/** Items with text that is not JSON, as no ledger writes them: they stop no money, and have names. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import { systemSleep } from '#shared/kernel/ports.ts';
import { repair } from '#shared/ledger/audit/repair.ts';
import { createHoldStore } from '#shared/ledger/dynamo/holdStore.ts';
import { accountKey, recordKey } from '#shared/ledger/dynamo/ledgerItems.ts';
import { createRepairStore } from '#shared/ledger/dynamo/repairStore.ts';
import { standings } from '#shared/ledger/read/standings.ts';
import { expireHolds } from '#shared/ledger/write/expireHolds.ts';
import { auditOf, partsOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const LANES = 2;
let test: TestLedger;

const damage = (Key: { pk: string; sk: string }, field: 'md' | 'm') => {
  const { client, table } = test.options;
  return client.send(
    new UpdateCommand({
      TableName: table,
      Key,
      UpdateExpression: 'SET #field = :broken',
      ExpressionAttributeNames: { '#field': field },
      ExpressionAttributeValues: { ':broken': '{' },
    }),
  );
};
const pay = (id: string, amount: bigint) =>
  test.ledger.transfer({ id, unit: UNIT, from: 'a', to: 'b', amount });
const repaired = () => {
  const parts = partsOf(test.options, LANES);
  return repair({ ...parts, repairs: createRepairStore(test.options), lanes: LANES });
};

beforeEach(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  await test.open({ a: 100n, b: 0n });
});

describe('a hold with damaged metadata', () => {
  beforeEach(async () => {
    const expiresAt = test.now() + 60_000;
    for (const id of ['damaged', 'sound'])
      await test.ledger.hold({ id, unit: UNIT, from: 'a', amount: 10n, expiresAt });
    await damage(recordKey('damaged'), 'md');
  });

  it('is a problem by name, before and after a repair', async () => {
    const problem = {
      where: 'hold damaged',
      what: 'its field "md" does not go with the others',
    };
    expect((await auditOf(test)).problem).toEqual(problem);
    expect(await repaired()).not.toHaveProperty('problem');
    expect((await auditOf(test)).problem).toEqual(problem);
  });

  it('ends when its time is over', async () => {
    test.advance(120_000);
    const holds = createHoldStore(test.options);
    expect(
      await expireHolds({ holds, ledger: test.ledger, lanes: LANES }, { now: test.now }),
    ).toEqual({ ended: 2, overdue: 0 });
    expect(await test.available('a')).toBe(100n);
  });

  it('is given back where its payer needs the money', async () => {
    test.advance(120_000);
    expect(await pay('more', 500n)).toMatchObject({ code: 'exceeds_credits' });
    expect(await pay('all', 100n)).toMatchObject({ code: 'created' });
  });

  it('is posted and released', async () => {
    const to = [{ to: 'b', amount: 4n }];
    const part = { id: 'part', hold: 'damaged', to, final: false };
    expect(await test.ledger.post(part)).toMatchObject({ code: 'created' });
    expect(await test.ledger.release('damaged')).toMatchObject({ code: 'created' });
    expect(await test.available('a')).toBe(86n);
  });
});

describe('a transfer that cannot be read', () => {
  const ids = ['t0', 't1', 't2'];

  it.each([
    ['md', 'exists_with_different_metadata'],
    ['m', 'exists_with_different_from'],
  ] as const)(
    'in "%s" is another one for who asks again, and disturbs no neighbour',
    async (field, code) => {
      await pay('t1', 1n);
      await damage(recordKey('t1'), field);
      const outcomes = await Promise.all(ids.map((id) => pay(id, 1n)));
      expect(outcomes.map((each) => each.code)).toEqual(['created', code, 'created']);
      expect((await auditOf(test)).problem).toEqual({
        where: 'transfer t1',
        what: `its record says otherwise: ${code}`,
      });
    },
  );

  it('is made again from the journal by a repair', async () => {
    for (const id of ids) await pay(id, 1n);
    await damage(recordKey('t0'), 'md');
    await damage(recordKey('t1'), 'm');
    await repaired();
    expect(await auditOf(test)).not.toHaveProperty('problem');
    expect(await pay('t1', 1n)).toMatchObject({ code: 'exists' });
  });
});

it('a transfer without readable moves is not taken back, and says what to do', async () => {
  await pay('t', 1n);
  await damage(recordKey('t'), 'm');
  const refused = { code: 'transfer_not_found', detail: expect.stringContaining('ledger repair') };
  expect(await test.ledger.reverse('t')).toMatchObject(refused);
  await repaired();
  expect(await test.ledger.reverse('t')).toMatchObject({ code: 'created' });
});

it('an account with damaged metadata pays, is listed and named, and goes into no copy', async () => {
  await damage(accountKey({ unit: UNIT, account: 'a' }), 'md');
  expect(await pay('paid', 30n)).toMatchObject({ code: 'created' });
  const parts = partsOf(test.options, LANES);
  const random = { next: Math.random };
  const listed = await standings({ ...parts, lanes: LANES, random, wait: systemSleep });
  expect(listed.map(({ account }) => account).sort()).toEqual(['a', 'b', 'mint']);
  const unreadable = { code: 'LEDGER_ITEM_UNREADABLE', id: `A#${UNIT}#a META` };
  const list = parts.accounts.list()[Symbol.asyncIterator]();
  await expect(list.next()).rejects.toMatchObject(unreadable);
  expect((await auditOf(test)).problem).toEqual({
    where: `account a (${UNIT})`,
    what: 'its field "md" does not go with the others',
  });
});
