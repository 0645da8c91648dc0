import { DeleteCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { LIMITS } from '#shared/kernel/limits.ts';
import { repair } from '#shared/ledger/audit/repair.ts';
import {
  follow,
  newReplica,
  replicaJson,
  replicaOf,
  sourceOf,
} from '#shared/ledger/audit/replica.ts';
import type { AccountKey } from '#shared/ledger/core/types.ts';
import { entryItem } from '#shared/ledger/dynamo/entryItems.ts';
import { createEntryStore } from '#shared/ledger/dynamo/entryStore.ts';
import { headKey } from '#shared/ledger/dynamo/ledgerItems.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { createRepairStore } from '#shared/ledger/dynamo/repairStore.ts';
import type { EntryStore, LedgerReader, StatementEntry } from '#shared/ledger/ports.ts';
import { balancesOver } from '#shared/ledger/read/balancesOver.ts';
import { catchUp, snapshotsOf, sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { balanceAt, statement } from '#shared/ledger/read/statement.ts';
import { exportedFrom, linesOf } from '../support/exports.ts';
import { auditOf, partsOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const LANES = 3;
let test: TestLedger;
let reader: LedgerReader;
let entries: EntryStore;

const pay = (id: string, from: string, to: string, amount: bigint) =>
  test.ledger.transfer({ id, unit: UNIT, from, to, amount });
const audit = () => auditOf(test);
/** Long enough after all that was posted for it to be known. */
const clock = { now: () => test.now() + 2 * LIMITS.ledgerSettledMs };
const past = () => ({ store: test.store, reader, entries, lanes: LANES, clock });
const byNumber = (a: number, b: number): number => a - b;
const postedAt = async (key: AccountKey, at: number): Promise<bigint | string> => {
  const found = await balanceAt(key, at, past());
  return found.kind === 'known' ? found.posted : found.kind;
};

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
    const told = await Promise.all(times.map((at) => postedAt(key, at)));
    expect(told).toEqual(times.map((_, n) => 1_000n + 10n * BigInt(n + 1)));
    expect(await postedAt(key, 0)).toBe(0n);
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
    const all = await statement(key, { limit: 100 }, past());
    const pages = [];
    let before: StatementEntry | undefined;
    for (;;) {
      const page = await statement(key, { before, limit: 5 }, past());
      if (page.length === 0) break;
      pages.push(...page);
      before = page.at(-1);
    }
    expect(pages.map(({ transfer }) => transfer)).toEqual(all.map(({ transfer }) => transfer));
    expect(all.slice(0, 12).map(({ transfer }) => transfer)).toEqual(
      Array.from({ length: 12 }, (_, n) => `e${11 - n}`),
    );
  });
});

describe('snapshots', () => {
  const every = LIMITS.ledgerSnapshotEntries;
  const key = { unit: UNIT, account: 'rich' };

  it('stand where an account comes to a round number of entries, and are written once', async () => {
    await test.open({ rich: 1_000n });
    const ids = Array.from({ length: 2 * every + 10 }, (_, n) => `s${n}`);
    test.advance(1_000);
    await Promise.all(ids.slice(0, every + 5).map((id) => pay(id, 'rich', 'c', 1n)));
    test.advance(1_000);
    await Promise.all(ids.slice(every + 5).map((id) => pay(id, 'rich', 'c', 1n)));
    const deps = { store: test.store, reader, entries };
    await sweepLanes(LANES, deps);
    const { lane: home = 0 } = (await test.ledger.account(key)) ?? {};
    const newest = await entries.snapshot(key, home, Number.MAX_SAFE_INTEGER);
    expect(newest?.seq).toBe(2 * every);
    const scanned = async () => {
      const { client, table } = test.options;
      const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
      return Items.filter(({ sk }) => String(sk).startsWith('S#'));
    };
    const before = await scanned();
    for await (const blocks of reader.blocks(home, 0))
      await entries.write({
        entries: [],
        checkpoints: [],
        snapshots: blocks.flatMap(snapshotsOf),
      });
    expect(await scanned()).toEqual(before);
    expect((await audit()).problem).toBeUndefined();
  });

  it('are the base of what comes after them, where entries are archived', async () => {
    const { lane: home = 0 } = (await test.ledger.account(key)) ?? {};
    const all = await entries.entries(key, home, { limit: 1_000 });
    const base = all.find(({ seq }) => seq === 2 * every);
    const times = [...new Set(all.map(({ at }) => at))];
    const told = async () => {
      const all = await Promise.all(times.map((at) => postedAt(key, at)));
      // A picture of all these times says the same.
      const drawn = await balancesOver(key, times.toSorted(byNumber), past());
      const inOrder = times.toSorted(byNumber).map((at) => all[times.indexOf(at)]);
      expect(drawn.map((each) => each ?? 'archived')).toEqual(inOrder);
      return all;
    };
    const before = await told();
    const archive = async (some: typeof all): Promise<void> => {
      const { client, table } = test.options;
      for (const { pk, sk } of some.map(entryItem))
        await client.send(new DeleteCommand({ TableName: table, Key: { pk, sk } }));
    };
    await archive(all.filter(({ seq }) => seq <= 2 * every));
    const known = times.map((at) => at >= (base?.at ?? 0));
    expect(known).toContain(true);
    expect(known).toContain(false);
    expect(await told()).toEqual(before.map((balance, n) => (known[n] ? balance : 'archived')));
    await archive(all.filter(({ seq }) => seq > 2 * every));
    expect((await told()).map((balance) => balance !== 'archived')).toEqual(known);
    await entries.write({ entries: all, snapshots: [], checkpoints: [] });
    expect(await told()).toEqual(before);
  });
});

describe('a replica', () => {
  it('is exact, goes on from where it was, and can be built from an export', async () => {
    const first = await follow(newReplica(LANES), reader);
    expect(first.problem).toBeUndefined();
    await pay('r1', 'a', 'b', 5n);
    const second = await follow(replicaOf(replicaJson(first.replays)), reader);
    expect(second).toMatchObject({ blocks: 1 });
    const lines = await linesOf(sourceOf(partsOf(test.options, LANES)), LANES);
    const rebuilt = await follow(newReplica(LANES), await exportedFrom(lines));
    const digests = (replays: typeof second.replays) => replays.map(({ digest }) => digest);
    expect(digests(rebuilt.replays)).toEqual(digests(second.replays));
    const cursors = async () =>
      Promise.all(Array.from({ length: LANES }, (_, lane) => entries.cursor(lane)));
    await sweepLanes(LANES, { store: test.store, reader, entries });
    expect((await cursors()).map(({ digest }) => digest)).toEqual(digests(second.replays));
    const forged = lines.map((line) => line.replace(String.raw`\"5\"`, String.raw`\"6\"`));
    const { problem } = await follow(newReplica(LANES), await exportedFrom(forged));
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
    const repairs = createRepairStore(test.options);
    const deps = { reader, repairs, accounts: test.accounts, lanes: LANES };
    expect((await repair(deps)).problem).toBeUndefined();
    expect((await audit()).problem).toBeUndefined();
    expect(await repair(deps)).toMatchObject({ transfers: (await audit()).transfers });
    expect(
      await test.another().transfer({ id: 'r1', unit: UNIT, from: 'a', to: 'b', amount: 5n }),
    ).toMatchObject({ code: 'exists' });
  });
});
