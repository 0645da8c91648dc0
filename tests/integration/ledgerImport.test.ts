import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createHistoryStore } from '#shared/ledger/dynamo/historyStore.ts';
import type { HistoryStore } from '#shared/ledger/ports.ts';
import { scaled } from '#shared/legacy/ledger/exact.ts';
import {
  importLegacyBalances,
  LEGACY_UNIT,
  OPENING,
  readLegacyLedger,
} from '#shared/legacy/ledger/import.ts';
import { auditOf, startLedger, type TestLedger } from '../support/ledger.ts';

const DIR = 'tests/fixtures/legacy/ledger';
const unzipped = (name: string): string => gunzipSync(readFileSync(`${DIR}/${name}`)).toString();
const legacy = readLegacyLedger(unzipped('ledger_events.jsonl.gz'), unzipped('ledger.json.gz'));

let test: TestLedger;
let history: HistoryStore;

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'), 16);
  history = createHistoryStore(test.options);
});

const balanceOf = async (account: string): Promise<bigint> =>
  (await test.ledger.balance({ unit: LEGACY_UNIT, account })).posted;

describe("the import of the original's ledger", () => {
  it('leaves nothing half done when it is cut short, and goes on from there', async () => {
    const cut: HistoryStore = { ...history, write: () => Promise.reject(new Error('killed')) };
    await expect(importLegacyBalances(legacy, { ...test, history: cut })).rejects.toThrow('killed');
    expect(await balanceOf('alice')).toBe(0n);
    expect(await importLegacyBalances(legacy, { ...test, history })).toMatchObject({
      code: 'created',
    });
  });

  it('opens every account with its balance, to the last unit', async () => {
    const text = readFileSync(`${DIR}/balances.json`, 'utf8');
    const expected = [...text.matchAll(/"([^"]+)": ([\d.e+-]+)/g)].map(
      ([, account = '', lexeme = '']) => [account, scaled(lexeme, 4)] as const,
    );
    expect(expected).toHaveLength(38);
    for (const [account, amount] of expected)
      expect(await balanceOf(account), account).toBe(amount);
    const sum = expected.reduce((total, [, amount]) => total + amount, 0n);
    expect(await balanceOf(OPENING)).toBe(-sum);
    expect((await auditOf(test)).problem).toBeUndefined();
  });

  it('does it once, and tells another import from this one', async () => {
    expect(await importLegacyBalances(legacy, { ...test, history })).toMatchObject({
      code: 'exists',
    });
    const other = { ...legacy, balances: new Map([...legacy.balances, ['alice', 1n]]) };
    expect(await importLegacyBalances(other, { ...test, history })).toMatchObject({
      code: 'exists_with_different_amount',
    });
  });

  it('pays more accounts than one transaction has room for', async () => {
    const other = await startLedger(inject('dynamoEndpoint'), 4);
    const parts = { ...other, history: createHistoryStore(other.options) };
    const balances = new Map(Array.from({ length: 150 }, (_, n) => [`u${n}`, BigInt(n)] as const));
    const many = { ...legacy, events: [], balances };
    expect(await importLegacyBalances(many, parts)).toMatchObject({ code: 'created' });
    expect(await importLegacyBalances(many, parts)).toMatchObject({ code: 'exists' });
    const unlike = { ...many, balances: new Map([...balances, ['u1', 5n]]) };
    expect(await importLegacyBalances(unlike, parts)).toMatchObject({
      code: 'exists_with_different_amount',
    });
    const posted = async (account: string): Promise<bigint> =>
      (await other.ledger.balance({ unit: LEGACY_UNIT, account })).posted;
    expect(await posted('u149')).toBe(149n);
    expect(await posted(OPENING)).toBe(-11_175n);
    expect((await auditOf(other)).problem).toBeUndefined();
  });

  it('keeps the journal, line for line, with each account that it names', async () => {
    const [newest = '', ...older] = await history.read(
      { unit: LEGACY_UNIT, account: 'müller_gmbh' },
      1_000,
    );
    const own = legacy.events.filter(
      ({ account, to }) => account === 'müller_gmbh' || to === 'müller_gmbh',
    );
    expect([newest, ...older]).toEqual(own.map(({ raw }) => raw).reverse());
  });

  it('leaves money that can be spent', async () => {
    const spend = { id: 'spend', unit: LEGACY_UNIT, from: 'alice', to: 'bob', amount: 23_689_670n };
    expect(await test.ledger.transfer(spend)).toMatchObject({ code: 'created' });
    expect(await balanceOf('alice')).toBe(0n);
  });
});
