/** Names that break keys and lines: refused where they come in, survived where they are already. */
import { DeleteCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { repair } from '#shared/ledger/audit/repair.ts';
import { follow, newReplica, replicaJson, replicaOf } from '#shared/ledger/audit/replica.ts';
import { createRepairStore } from '#shared/ledger/dynamo/repairStore.ts';
import { sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { statement } from '#shared/ledger/read/statement.ts';
import { auditOf, partsOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const LANES = 2;
const REFUSED = ['line\nbreak', 'nul\0', '\u0085', 'del\u007f', '\ud800', 'half\udc00', '\u2028'];
/** Opened before names were looked at. */
const OLD = ['a\nb', '#', 'x#000', '#000\n', 'CRD#y#001'];
let test: TestLedger;

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  await test.open({ rich: 1_000n });
});

describe('names', () => {
  it.each(REFUSED)('like %j are refused for accounts, units and ids', async (name) => {
    const { ledger } = test;
    const invalid = { code: 'id_invalid' };
    expect(await ledger.openAccount({ unit: UNIT, account: name })).toMatchObject(invalid);
    expect(await ledger.openAccount({ unit: name, account: 'x' })).toMatchObject(invalid);
    const payment = { id: name, unit: UNIT, from: 'rich', to: 'mint', amount: 1n };
    expect(await ledger.transfer(payment)).toMatchObject(invalid);
    expect(await ledger.hold({ ...payment, expiresAt: 4e12 })).toMatchObject(invalid);
    expect(await ledger.disburse({ ...payment, to: [payment] })).toMatchObject(invalid);
    expect(await ledger.post({ id: name, hold: 'x', to: [payment] })).not.toMatchObject({
      code: 'created',
    });
  });

  it('that nothing can have are looked for without a fault', async () => {
    const { ledger } = test;
    const long = 'x'.repeat(3_000);
    const payment = { id: 'long', unit: UNIT, from: long, to: 'mint', amount: 1n };
    expect(await ledger.transfer(payment)).toMatchObject({ code: 'account_not_found' });
    expect(await ledger.hold({ ...payment, expiresAt: 4e12 })).toMatchObject({
      code: 'account_not_found',
    });
    expect(await ledger.account({ unit: UNIT, account: long })).toBeUndefined();
    expect(await ledger.release(long)).toMatchObject({ code: 'pending_not_found' });
    expect(await ledger.post({ id: 'p', hold: long, to: [payment] })).toMatchObject({
      code: 'pending_not_found',
    });
    expect(await ledger.closeAccount({ unit: UNIT, account: long })).toMatchObject({
      code: 'account_not_found',
    });
  });
});

describe('names that are there already', () => {
  const reading = () => ({ ...partsOf(test.options, LANES), lanes: LANES });

  it('are paid, held, written out, verified, copied and repaired as any other', async () => {
    const { ledger, accounts, options } = test;
    for (const [lane, account] of OLD.entries()) {
      const key = { unit: UNIT, account };
      const guarded = { lane: lane % LANES, guarded: true, closed: false, createdAt: test.now() };
      await accounts.open({ ...key, ...guarded });
      const got = { id: `to ${lane}`, unit: UNIT, from: 'rich', to: account, amount: 50n };
      expect(await ledger.transfer(got)).toMatchObject({ code: 'created' });
      const given = { id: `from ${lane}`, unit: UNIT, from: account, to: 'rich', amount: 20n };
      expect(await ledger.transfer(given)).toMatchObject({ code: 'created' });
      const hold = { ...given, id: `hold ${lane}`, amount: 5n, expiresAt: 4e12 };
      expect(await ledger.hold(hold)).toMatchObject({ code: 'created' });
    }
    const parts = reading();
    await sweepLanes(LANES, parts);
    expect((await auditOf(test)).problem).toBeUndefined();
    const { replays } = await follow(newReplica(LANES), parts.reader);
    const again = replicaOf(replicaJson(replays));
    expect(again.map(({ book }) => [...book.positions()].length)).toEqual(
      replays.map(({ book }) => [...book.positions()].length),
    );

    const { client, table } = options;
    const scanned = async () => {
      const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
      return new Map(Items.map((item) => [`${item['pk']} ${item['sk']}`, item]));
    };
    const before = await scanned();
    for (const { pk, sk } of before.values())
      if (sk === 'BAL' || sk === 'HEAD')
        await client.send(new DeleteCommand({ TableName: table, Key: { pk, sk } }));
    const repairs = createRepairStore(options);
    await repair({ ...parts, repairs });
    expect(await scanned()).toEqual(before);
    expect((await auditOf(test)).problem).toBeUndefined();
    for (const account of OLD) {
      const key = { unit: UNIT, account };
      expect(await ledger.balance(key)).toMatchObject({ posted: 30n, held: 5n });
      const lines = await statement(key, { limit: 100 }, parts);
      expect(lines.reduce((sum, { change }) => sum + change, 0n)).toBe(30n);
    }
  });
});
