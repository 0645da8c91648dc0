import { DeleteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { LIMITS } from '#shared/kernel/limits.ts';
import { balanceName, itemName } from '#shared/ledger/audit/itemNames.ts';
import { createEntryStore } from '#shared/ledger/dynamo/entryStore.ts';
import { balanceKey } from '#shared/ledger/dynamo/ledgerItems.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { storedItemOf } from '#shared/ledger/dynamo/storedItems.ts';
import { sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

/** What stands at every so-manieth entry or block stands here after a few. */
const FEW = { ledgerSnapshotEntries: 4, ledgerCheckpointBlocks: 3 };
const before = { ...LIMITS };

type Item = Record<string, unknown>;

const LANES = 2;
const FAR = 4e12;
let test: TestLedger;
let items: readonly Item[];

const send = {
  put: (item: Item) => {
    const { client, table } = test.options;
    return client.send(new PutCommand({ TableName: table, Item: item }));
  },
  remove: ({ pk, sk }: Item) => {
    const { client, table } = test.options;
    return client.send(new DeleteCommand({ TableName: table, Key: { pk, sk } }));
  },
};
const problem = async () => (await auditOf(test)).problem;

const fill = async (): Promise<void> => {
  const { ledger } = test;
  const metadata = { why: 'test' };
  await test.open({ a: 1_000n, b: 1_000n, 'c#1': 1_000n });
  await ledger.openAccount({ unit: UNIT, account: 'z', metadata });
  await ledger.closeAccount({ unit: UNIT, account: 'z' });
  await ledger.openAccount({ unit: UNIT, account: 'y' });
  for (const key of ['y', 'y']) await ledger.closeAccount({ unit: UNIT, account: key });
  await ledger.reopenAccount({ unit: UNIT, account: 'y' });
  for (let n = 0; n < 7; n += 1)
    await ledger.transfer({ id: `t${n}`, unit: UNIT, from: 'a', to: 'b', amount: 1n, metadata });
  await ledger.reverse('t1');
  const hold = (id: string, over = {}) =>
    ledger.hold({ id, unit: UNIT, from: 'a', amount: 20n, expiresAt: FAR, metadata, ...over });
  await hold('parent');
  await hold('child', { parent: 'parent', amount: 5n });
  for (const id of ['drawn', 'freed', 'over']) await hold(id);
  await ledger.post({ id: 'd1', hold: 'drawn', to: [{ to: 'b', amount: 7n }], final: false });
  await ledger.post({ id: 'd2', hold: 'drawn', to: [{ to: 'b', amount: 7n }] });
  await ledger.release('freed');
  await ledger.expire('over');
};

beforeAll(async () => {
  Object.assign(LIMITS, FEW);
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  await fill();
  const [reader, entries] = [createLedgerReader(test.options), createEntryStore(test.options)];
  await sweepLanes(LANES, { store: test.store, reader, entries });
  const { client, table } = test.options;
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
  items = Items as readonly Item[];
});

afterAll(() => void Object.assign(LIMITS, before));

const kindOf = (item: Item): string => {
  const { kind } = storedItemOf(item);
  const state = item['ty'] === 'hold' ? item['st'] : (item['ty'] ?? '');
  return `${kind} ${state} ${item['closed'] === undefined ? '' : 'closed'}`;
};

/** One of each kind that there is, with the most fields. */
const samples = (): readonly Item[] => {
  const byKind = Map.groupBy(items, kindOf);
  const size = (item: Item): number => Object.keys(item).length;
  return [...byKind.values()].flatMap((all): readonly Item[] =>
    all.sort((a, b) => size(b) - size(a)).slice(0, 1),
  );
};

const other = (value: unknown): unknown => {
  if (typeof value === 'bigint') return value + 1n;
  const text = String(value);
  const changed = text.replace(/[\da-f](?=[^\da-f]*$)/, (digit) => (digit === '1' ? '2' : '1'));
  return changed === text ? `${text}x` : changed;
};

const nameOf = (item: Item): string => {
  try {
    return itemName(storedItemOf(item));
  } catch {
    return `item ${item['pk']} ${item['sk']}`;
  }
};

/** A pending hold's rest is told by its balance alone. */
const balanceOf = (item: Item): string =>
  balanceName({
    key: { unit: String(item['u']), account: String(item['from']) },
    lane: Number(item['n']),
  });

describe('verification', () => {
  it('finds nothing wrong in what it is given, which has one of everything', async () => {
    expect(await problem()).toBeUndefined();
    const kinds = new Set(items.map((item) => storedItemOf(item).kind));
    const all = ['account', 'balance', 'block', 'checkpoint', 'cursor', 'entry', 'head', 'record'];
    expect([...kinds].sort()).toEqual([...all, 'snapshot']);
  });

  it('names the item of which a field was changed, added or taken away', async () => {
    const named = async (item: Item, changed: Item, what: string): Promise<void> => {
      await send.put(changed);
      const where = (await problem())?.where ?? 'nothing';
      await send.put(item);
      const names = [nameOf(item), nameOf(changed), balanceOf(item), balanceOf(changed)];
      const isNamed = names.some((name) => where.startsWith(name));
      expect(isNamed, `${what} of ${nameOf(item)}: ${where} is named`).toBe(true);
    };
    for (const item of samples()) {
      for (const field of Object.keys(item).filter((name) => name !== 'pk' && name !== 'sk')) {
        await named(item, { ...item, [field]: other(item[field]) }, `changing ${field}`);
        const { [field]: gone, ...rest } = item;
        // A sum that is not there is 0.
        if (gone !== 0n) await named(item, rest, `taking away ${field}`);
      }
      await named(item, { ...item, extra: 1 }, 'adding a field');
    }
    expect(await problem()).toBeUndefined();
  }, 300_000);

  it('finds every item that is missing', async () => {
    // A cursor that is gone is one that stands at the beginning; what ended is kept for its id.
    const needed = samples().filter(
      (item) => item['sk'] !== 'CUR' && !(item['ty'] === 'hold' && item['st'] !== 'pending'),
    );
    for (const item of needed) {
      await send.remove(item);
      expect(await problem(), `without ${nameOf(item)}`).toBeDefined();
      await send.put(item);
    }
    expect(await problem()).toBeUndefined();
  });

  it.each([
    ['snapshot', 'snapshots of CRD#', /^S#/, {}],
    ['entry', 'entries of CRD#', /^E#/, {}],
    ['checkpoint', 'checkpoint 900000000003 of lane', /^K#/, { seq: 900_000_000_003 }],
    ['entry of nobody', 'entries of CRD#nobody#0', /^E#/, { pk: 'A#CRD#nobody#000' }],
    ['entry of no block', 'entry ', /^E#/, { k: 900_000_000_003 }],
    ['transfer', 'transfer twice', /^T$/, { pk: 'T#twice' }],
    ['account', 'account', /^META$/, { pk: 'A#CRD#x' }],
    ['balance', 'balance of x', /^BAL$/, { pk: 'A#CRD#x#000' }],
    ['block', 'lane', /^B#/, {}],
  ])('finds the %s that nothing accounts for', async (kind, where, sk, over) => {
    const item = items.find(
      (each) => sk.test(String(each['sk'])) && (kind !== 'transfer' || each['ty'] === kind),
    );
    const forged = { ...item, sk: String(item?.['sk']).replace(/0(\d{11})$/, '9$1'), ...over };
    await send.put(forged);
    expect((await problem())?.where).toContain(where);
    await send.remove(forged);
  });

  it('names what is wrong beyond a cursor, also where the cursor is lost', async () => {
    const lane = items.find(({ sk }) => /^K#/.test(String(sk))) ?? expect.unreachable();
    const cursor = items.find(({ pk, sk }) => pk === lane['pk'] && sk === 'CUR') ?? {};
    await send.remove(cursor);
    // The timekeeper writes out anew from the cursor, and moves it.
    expect(await problem()).toBeUndefined();
    await send.put({ ...lane, h: other(lane['h']) });
    expect((await problem())?.where).toMatch(/^checkpoint \d+ of lane/);
    await send.put(lane);
    await send.put(cursor);
    expect(await problem()).toBeUndefined();
  });

  it('names the balance that is missing where a hold is all that there was', async () => {
    const own = await startLedger(inject('dynamoEndpoint'));
    await own.ledger.openAccount({ unit: UNIT, account: 'debtor', guarded: false });
    await own.ledger.hold({ id: 'h', unit: UNIT, from: 'debtor', amount: 5n, expiresAt: FAR });
    expect((await auditOf(own)).problem).toBeUndefined();
    const { client, table } = own.options;
    const Key = balanceKey({ unit: UNIT, account: 'debtor' }, 0);
    await client.send(new DeleteCommand({ TableName: table, Key }));
    expect((await auditOf(own)).problem?.where).toBe(`balance of debtor (${UNIT}) in lane 0`);
  });

  it('names what the ledger does not write', async () => {
    const strange = { pk: 'Z', sk: 'Z' };
    await send.put(strange);
    expect((await problem())?.where).toBe('item Z Z');
    await send.remove(strange);
    expect(await problem()).toBeUndefined();
  });
});
