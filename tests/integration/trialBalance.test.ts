import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type TrialDeps, trialDifference } from '#shared/ledger/audit/trialBalance.ts';
import { balanceKey } from '#shared/ledger/dynamo/ledgerItems.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

let test: TestLedger;
let deps: TrialDeps;

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'));
  deps = { store: test.store, reader: createLedgerReader(test.options) };
  await test.open({ a: 100n, b: 0n });
});

const credit = (account: string, amount: bigint) =>
  test.options.client.send(
    new UpdateCommand({
      TableName: test.options.table,
      Key: balanceKey({ unit: UNIT, account }, 0),
      UpdateExpression: 'SET cr = cr + :a',
      ExpressionAttributeValues: { ':a': amount },
    }),
  );

describe('the trial balance', () => {
  it('finds nothing in an empty lane, nor in one where all is well', async () => {
    const empty = await startLedger(inject('dynamoEndpoint'));
    const reader = createLedgerReader(empty.options);
    expect(await trialDifference(0, { store: empty.store, reader })).toBe(0n);
    await test.ledger.transfer({ id: 't1', unit: UNIT, from: 'a', to: 'b', amount: 7n });
    expect(await trialDifference(0, deps)).toBe(0n);
  });

  it('tells by how much a balance was changed behind the journal’s back', async () => {
    await credit('b', 3n);
    expect(await trialDifference(0, deps)).toBe(3n);
    await credit('b', -3n);
    expect(await trialDifference(0, deps)).toBe(0n);
  });

  it('says nothing when the lane goes on while it looks', async () => {
    await credit('b', 3n);
    const moving: TrialDeps = {
      ...deps,
      store: {
        head: test.store.head,
        load: async (wanted) => {
          await test.ledger.transfer({ id: 't2', unit: UNIT, from: 'a', to: 'b', amount: 1n });
          return test.store.load(wanted);
        },
      },
    };
    expect(await trialDifference(0, moving)).toBe(0n);
    await credit('b', -3n);
  });
});
