/** A hold whose metadata cannot be read, as no ledger writes it. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, expect, inject, it } from 'vitest';
import { createHoldStore } from '#shared/ledger/dynamo/holdStore.ts';
import { recordKey } from '#shared/ledger/dynamo/ledgerItems.ts';
import { expireHolds } from '#shared/ledger/write/expireHolds.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const PATIENCE_MS = 500;
let test: TestLedger;

beforeEach(async () => {
  test = await startLedger(inject('dynamoEndpoint'));
  await test.open({ a: 100n });
  const expiresAt = test.now() + 60_000;
  for (const id of ['damaged', 'sound'])
    await test.ledger.hold({ id, unit: UNIT, from: 'a', amount: 1n, expiresAt });
  await test.options.client.send(
    new UpdateCommand({
      TableName: test.options.table,
      Key: recordKey('damaged'),
      UpdateExpression: 'SET md = :broken',
      ExpressionAttributeValues: { ':broken': '{' },
    }),
  );
});

it('is a problem by name', async () => {
  expect((await auditOf(test)).problem).toEqual({
    where: 'item T#damaged T',
    what: 'cannot be read',
  });
});

it('is overdue, and keeps no other hold from its end', async () => {
  test.advance(120_000);
  const ledger = test.another({ patienceMs: PATIENCE_MS });
  const holds = createHoldStore(test.options);
  expect(await expireHolds({ holds, ledger, lanes: 1 }, { now: test.now })).toEqual({
    ended: 1,
    overdue: 1,
  });
  expect(await test.available('a')).toBe(99n);
});
