import { DeleteCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { headKey } from '#shared/ledger/dynamo/codec.ts';
import { createEntryStore } from '#shared/ledger/dynamo/entries.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/reader.ts';
import { createRepairStore } from '#shared/ledger/dynamo/repairs.ts';
import type { EntryStore, LedgerReader } from '#shared/ledger/ports.ts';
import { repair } from '#shared/ledger/repair.ts';
import {
  exported,
  exportLine,
  follow,
  newReplica,
  replicaJson,
  replicaOf,
} from '#shared/ledger/replica.ts';
import { catchUp, sweepLanes } from '#shared/ledger/snapshot.ts';
import { balanceAt, statement } from '#shared/ledger/statement.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const LANES = 3;
let test: TestLedger;
let reader: LedgerReader;
let entries: EntryStore;

const pay = (id: string, from: string, to: string, amount: bigint) =>
  test.ledger.transfer({ id, unit: UNIT, from, to, amount });
const audit = () => auditOf(test);

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  reader = createLedgerReader(test.options);
  entries = createEntryStore(test.options);
  await test.open({ a: 1_000n, b: 1_000n, c: 1_000n });
});

describe('entries', () => {
  const deps = () => ({ store: test.store, reader, entries });

  it('tell every balance at every time, however often blocks ring', async () => {
    const times: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      test.advance(1_000);
      await pay(`e${n}`, n % 2 === 0 ? 'a' : 'b', 'c', 10n);
      times.push(test.now());
      // Rung twice, by two at once, or not at all.
      if (n % 3 === 0) await Promise.all([catchUp(0, deps()), catchUp(0, deps())]);
    }
    await sweepLanes(LANES, deps());
    expect(await sweepLanes(LANES, deps())).toEqual({ lag: 0, written: 0 });
    const key = { unit: UNIT, account: 'c' };
    const told = await Promise.all(times.map((at) => balanceAt(key, LANES, at, entries)));
    expect(told).toEqual(times.map((_, n) => 1_000n + 10n * BigInt(n + 1)));
    expect(await balanceAt(key, LANES, 0, entries)).toBe(0n);
  });

  it('are never taken back by a consumer that was overtaken', async () => {
    const now = await entries.cursor(0);
    expect(now.seq).toBeGreaterThan(1);
    const old = { ...now, seq: now.seq - 1 };
    expect(await entries.advance(old, { ...old, seq: 1 })).toBe(false);
    expect(await entries.cursor(0)).toEqual(now);
  });

  it('are read in pages, newest first, without a gap', async () => {
    const key = { unit: UNIT, account: 'c' };
    const all = await statement(key, LANES, { limit: 100 }, entries);
    const pages = [];
    let before: number | undefined;
    for (;;) {
      const page = await statement(key, LANES, { before, limit: 5 }, entries);
      if (page.length === 0) break;
      pages.push(...page);
      before = page.at(-1)?.at;
    }
    expect(pages.map(({ transfer }) => transfer)).toEqual(all.map(({ transfer }) => transfer));
    expect(all.slice(0, 12).map(({ transfer }) => transfer)).toEqual(
      Array.from({ length: 12 }, (_, n) => `e${11 - n}`),
    );
  });
});

describe('a replica', () => {
  it('is exact, goes on from where it was, and can be built from an export', async () => {
    const first = await follow(newReplica(LANES), reader);
    expect(first.problem).toBeUndefined();
    await pay('r1', 'a', 'b', 5n);
    const second = await follow(replicaOf(replicaJson(first.replays)), reader);
    expect(second).toMatchObject({ blocks: 1 });
    const lines: string[] = [];
    for (let lane = 0; lane < LANES; lane += 1)
      for await (const blocks of reader.blocks(lane, 0)) lines.push(...blocks.map(exportLine));
    const rebuilt = await follow(newReplica(LANES), exported(lines));
    const digests = (replays: typeof second.replays) => replays.map(({ digest }) => digest);
    expect(digests(rebuilt.replays)).toEqual(digests(second.replays));
    const cursors = async () =>
      Promise.all(Array.from({ length: LANES }, (_, lane) => entries.cursor(lane)));
    await sweepLanes(LANES, { store: test.store, reader, entries });
    expect((await cursors()).map(({ digest }) => digest)).toEqual(digests(second.replays));
    const forged = lines.map((line) => line.replace(String.raw`\"5\"`, String.raw`\"6\"`));
    const { problem } = await follow(newReplica(LANES), exported(forged));
    expect(problem?.what).toBe('does not have the hash that it says');
  });
});

describe('verification', () => {
  it('finds nothing wrong, with open holds and closed accounts', async () => {
    await test.ledger.hold({ id: 'v1', unit: UNIT, from: 'a', amount: 7n, expiresAt: 4e12 });
    await test.ledger.openAccount({ unit: UNIT, account: 'z' });
    await test.ledger.closeAccount({ unit: UNIT, account: 'z' });
    expect(await audit()).toMatchObject({ holds: 1 });
    expect((await audit()).problem).toBeUndefined();
  });

  /** Keys, versions, times of writing, and what only counts beside other items. */
  const IDLE = new Set(['pk', 'sk', 'v', 'n', 'ty', 'x', 'gx', 'f', 'g', 'at', 'closed']);
  /** What of a hold the ledger's balances do not show. */
  const OF_HOLDS = new Set(['a', 'o', 'u', 'from', 'md']);

  const other = (value: unknown): unknown => {
    if (typeof value === 'bigint') return value + 1n;
    const text = String(value);
    const changed = text.replace(/[\da-f](?=[^\da-f]*$)/, (digit) => (digit === '1' ? '2' : '1'));
    return changed === text ? `${text}x` : changed;
  };

  const fieldsOf = (item: Record<string, unknown>): readonly string[] =>
    Object.keys(item).filter((field) => {
      if (IDLE.has(field) || (item['ty'] === 'hold' && OF_HOLDS.has(field))) return false;
      return !(field === 'st' && item['ty'] === 'transfer');
    });

  it('names whatever field of whatever item was changed', async () => {
    const { client, table } = test.options;
    const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
    const set = (item: Record<string, unknown>, field: string, to: unknown) =>
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: item['pk'], sk: item['sk'] },
          UpdateExpression: 'SET #f = :v',
          ExpressionAttributeNames: { '#f': field },
          ExpressionAttributeValues: { ':v': to },
        }),
      );
    const seen = new Set<string>();
    for (const item of Items.filter(({ sk }) => sk !== 'META'))
      for (const field of fieldsOf(item)) {
        const kind = `${item['ty'] ?? ''} ${String(item['sk']).slice(0, 3)} ${field}`;
        if (seen.has(kind)) continue;
        seen.add(kind);
        await set(item, field, other(item[field]));
        expect((await audit()).problem, kind).toBeDefined();
        await set(item, field, item[field]);
      }
    expect((await audit()).problem).toBeUndefined();
    expect(seen.size).toBeGreaterThan(20);
  });

  it('is never led astray by a head that a writer remembers', async () => {
    const other = await startLedger(inject('dynamoEndpoint'), 1);
    await other.open({ a: 10n });
    const { client, table } = other.options;
    const restored = {
      TableName: table,
      Key: headKey(0),
      UpdateExpression: 'SET h = :h',
      ExpressionAttributeValues: { ':h': 'restored' },
    };
    await client.send(new UpdateCommand(restored));
    const payment = { id: 'x', unit: UNIT, from: 'a', to: 'mint', amount: 1n };
    expect(await other.ledger.transfer(payment)).toMatchObject({ code: 'created' });
    const blocks = [];
    for await (const page of createLedgerReader(other.options).blocks(0, 1)) blocks.push(...page);
    expect(blocks).toMatchObject([{ previous: 'restored' }]);
  });

  it('never lets a lost head overwrite the journal', async () => {
    const lost = await startLedger(inject('dynamoEndpoint'), 1);
    await lost.open({ a: 10n });
    const Key = headKey(0);
    await lost.options.client.send(new DeleteCommand({ TableName: lost.options.table, Key }));
    const impatient = lost.another({ patienceMs: 200 });
    const payment = { id: 'x', unit: UNIT, from: 'a', to: 'mint', amount: 1n };
    expect(await impatient.transfer(payment)).toMatchObject({ code: 'unknown' });
    const blocks = [];
    for await (const page of createLedgerReader(lost.options).blocks(0, 0)) blocks.push(...page);
    expect(blocks).toHaveLength(1);
  });
});

describe('repair', () => {
  it('brings back whatever a restore lost, from the blocks alone', async () => {
    const { client, table } = test.options;
    const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
    const lost = Items.filter(
      ({ sk, ty }, index) =>
        (sk === 'HEAD' || sk === 'BAL' || ty === 'transfer') && index % 3 !== 0,
    );
    for (const { pk, sk } of lost)
      await client.send(new DeleteCommand({ TableName: table, Key: { pk, sk } }));
    expect((await audit()).problem).toBeDefined();
    const deps = { reader, repairs: createRepairStore(test.options), lanes: LANES };
    expect((await repair(deps)).problem).toBeUndefined();
    expect((await audit()).problem).toBeUndefined();
    expect(await repair(deps)).toMatchObject({ transfers: (await audit()).transfers });
    expect(
      await test.another().transfer({ id: 'r1', unit: UNIT, from: 'a', to: 'b', amount: 5n }),
    ).toMatchObject({ code: 'exists' });
  });
});
