import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { systemSleep } from '#shared/kernel/ports.ts';
import { type Copied, copyLedger } from '#shared/ledger/audit/copy.ts';
import { type CopySource, sourceOf } from '#shared/ledger/audit/replica.ts';
import { createHoldStore } from '#shared/ledger/dynamo/holdStore.ts';
import { balanceKey, headKey, recordKey } from '#shared/ledger/dynamo/ledgerItems.ts';
import { balanceAt } from '#shared/ledger/read/statement.ts';
import { createLedger } from '#shared/ledger/write/ledger.ts';
import { exportedFrom, linesOf } from '../support/exports.ts';
import { createInjector, FAULTS, type Fault } from '../support/faults.ts';
import { auditOf, DAY_MS, partsOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { createLedgerTable } from '../support/table.ts';

const LANES = 3;

/** What the SDK throws is all the same here. */
const STRIKES = FAULTS.filter((fault) => fault !== 'throttled' && fault !== 'conflict');

let test: TestLedger;
let source: CopySource;

const pay = (id: string, from: string, to: string, amount: bigint, by = test) =>
  by.ledger.transfer({ id, unit: UNIT, from, to, amount });

const copyTable = async (lanes = LANES) => {
  const options = await createLedgerTable(inject('dynamoEndpoint'));
  return { options, lanes, ...partsOf(options, lanes) };
};
type Copy = Awaited<ReturnType<typeof copyTable>>;

const bring = (target: Copy, from = source): Promise<Copied> =>
  copyLedger({ source: from, target, lanes: target.lanes, wait: systemSleep });

/** Sound by itself, and the same as the ledger. */
const expectSame = async (copy: Copy, ledger = test): Promise<void> => {
  const [mine, theirs] = [await auditOf(copy), await auditOf(ledger)];
  expect(mine.problem).toBeUndefined();
  expect(mine.digest).toEqual(theirs.digest);
  expect(mine).toMatchObject({ blocks: theirs.blocks, transfers: theirs.transfers });
  const heads = (of: Pick<Copy, 'store'>) =>
    Promise.all(Array.from({ length: copy.lanes }, (_, lane) => of.store.head(lane)));
  expect(await heads(copy)).toEqual(await heads(ledger));
};

const set = (copy: Copy, Key: object, field: string, value: unknown) =>
  copy.options.client.send(
    new UpdateCommand({
      TableName: copy.options.table,
      Key: { ...Key },
      UpdateExpression: 'SET #f = :v',
      ExpressionAttributeNames: { '#f': field },
      ExpressionAttributeValues: { ':v': value },
    }),
  );

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  source = sourceOf(partsOf(test.options, LANES));
  await test.open({ a: 1_000n, b: 1_000n, c: 1_000n });
  await test.ledger.openAccount({ unit: UNIT, account: 'z', metadata: { why: 'x' } });
  await test.ledger.closeAccount({ unit: UNIT, account: 'z' });
  for (let n = 0; n < 10; n += 1) await pay(`t${n}`, n % 2 ? 'a' : 'b', 'c', 10n);
  await pay('away', 'c', 'a', 1_090n);
  await test.ledger.reverse('t1');
  for (const id of ['held', 'kept'])
    await test.ledger.hold({ id, unit: UNIT, from: 'a', amount: 20n, expiresAt: 4e12 });
  await test.ledger.post({ id: 'posted', hold: 'held', to: [{ to: 'b', amount: 15n }] });
});

describe('a copy in a table', () => {
  it('is the ledger once more, and goes on from where it was', async () => {
    const copy = await copyTable();
    const { blocks } = await auditOf(test);
    expect(await bring(copy)).toEqual({ blocks, lag: 0 });
    await expectSame(copy);
    expect(await bring(copy)).toEqual({ blocks: 0, lag: 0 });
    await pay('later', 'a', 'b', 1n);
    await test.ledger.openAccount({ unit: UNIT, account: 'new' });
    await test.ledger.reopenAccount({ unit: UNIT, account: 'z' });
    expect(await bring(copy)).toEqual({ blocks: 1, lag: 0 });
    await expectSame(copy);
    await test.ledger.closeAccount({ unit: UNIT, account: 'z' });
    await bring(copy);
    const z = { unit: UNIT, account: 'z' };
    expect((await copy.store.load({ accounts: [z] })).accounts[0]).toMatchObject({ closed: true });
  });

  it('is a ledger that works, in which what was held is free', async () => {
    const copy = await copyTable();
    await bring(copy);
    const ledger = createLedger({
      ...copy,
      holds: createHoldStore(copy.options),
      clock: { now: test.now },
      random: { next: Math.random },
      logger: { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 },
      wait: systemSleep,
      patienceMs: 5_000,
    });
    const repeated = { id: 't0', unit: UNIT, from: 'b', to: 'c', amount: 10n };
    expect(await ledger.transfer(repeated)).toMatchObject({ code: 'exists' });
    for (const account of ['a', 'b', 'c']) {
      const key = { unit: UNIT, account };
      const [mine, theirs] = [await ledger.balance(key), await test.ledger.balance(key)];
      expect(mine).toMatchObject({ posted: theirs.posted, held: 0n, available: theirs.posted });
      const later = { now: () => test.now() + DAY_MS };
      const past = { ...copy, lanes: LANES, clock: later };
      expect(await balanceAt(key, test.now(), past)).toEqual({
        kind: 'known',
        posted: theirs.posted,
      });
    }
    const all = (await ledger.balance({ unit: UNIT, account: 'a' })).posted;
    const last = { id: 'own', unit: UNIT, from: 'a', to: 'b', amount: all };
    expect(await ledger.transfer(last)).toMatchObject({ code: 'created' });
    expect((await auditOf(copy)).problem).toBeUndefined();
    const { problem } = await bring(copy);
    expect(problem?.what).toMatch(/^is at \d+, the ledger at \d+$/);
  });

  it('can be built from an export alone, and tells a forged one', async () => {
    const lines = await linesOf(source, LANES);
    const copy = await copyTable();
    expect(await bring(copy, await exportedFrom(lines))).toMatchObject({ lag: 0 });
    await expectSame(copy);
    const forged = lines.map((line) => line.replace(String.raw`\"1090\"`, String.raw`\"1091\"`));
    const { problem, lag } = await bring(await copyTable(), await exportedFrom(forged));
    expect(problem?.what).toBe('does not have the hash that it says');
    expect(lag).toBeGreaterThan(0);
  });

  it('says exactly how far it is behind', async () => {
    const head = await source.head(0);
    const partial: CopySource = {
      ...source,
      blocks: async function* (lane, seq) {
        for await (const blocks of source.blocks(lane, seq))
          yield lane === 0 ? blocks.slice(0, 1) : blocks;
      },
    };
    const copy = await copyTable();
    expect((await bring(copy, partial)).lag).toBe(head.seq - 1);
    expect((await bring(copy)).blocks).toBe(head.seq - 1);
    await expectSame(copy);
  });

  it('is one copy, whoever brings it and how many at once', async () => {
    const copy = await copyTable();
    const results = await Promise.all([bring(copy), bring(copy), bring(copy)]);
    expect(results.filter(({ problem }) => problem)).toEqual([]);
    expect(results.map(({ lag }) => lag)).toEqual([0, 0, 0]);
    await expectSame(copy);
  });
});

describe('a difference', () => {
  let small: TestLedger;
  let from: CopySource;
  beforeAll(async () => {
    small = await startLedger(inject('dynamoEndpoint'), 1);
    from = sourceOf(partsOf(small.options, small.lanes));
    await small.open({ a: 100n, b: 0n });
    await pay('x1', 'a', 'b', 1n, small);
  });

  const started = async (): Promise<Copy> => {
    const copy = await copyTable(1);
    await bring(copy, from);
    return copy;
  };
  let n = 0;
  const more = async (): Promise<string> => {
    n += 1;
    await pay(`more${n}`, 'a', 'b', 1n, small);
    return `more${n}`;
  };

  it('of a balance stops it at the transfer that shows it', async () => {
    const copy = await started();
    await set(copy, balanceKey({ unit: UNIT, account: 'a' }, 0), 'dr', 50);
    const id = await more();
    const { problem, blocks, lag } = await bring(copy, from);
    expect({ blocks, lag }).toEqual({ blocks: 0, lag: 1 });
    expect(problem?.where).toContain(`transfer ${id}`);
  });

  it('of a head stops it at the block', async () => {
    const copy = await started();
    await set(copy, headKey(0), 'h', 'other');
    expect((await bring(copy, from)).problem?.what).toBe('is another one in the copy');
    await more();
    const { problem } = await bring(copy, from);
    expect(problem?.what).toBe('does not name the block before it');
  });

  it('of a record that is there stops it, and nothing is overwritten', async () => {
    const copy = await started();
    const id = await more();
    const { client, table } = copy.options;
    const Item = { ...recordKey(id), ty: 'transfer', m: '[]' };
    await client.send(new PutCommand({ TableName: table, Item }));
    const { problem, lag } = await bring(copy, from);
    expect(problem?.where).toBe(`transfer ${id}`);
    expect(lag).toBe(1);
  });

  it('of an account is named', async () => {
    const copy = await copyTable(1);
    await copy.accounts.open({
      unit: UNIT,
      account: 'b',
      lane: 0,
      guarded: false,
      closed: false,
      createdAt: 1,
    });
    const { problem } = await bring(copy, from);
    expect(problem).toMatchObject({ where: 'account b (CRD)' });
  });
});

describe('whatever strikes it', () => {
  it.each(STRIKES)(
    '%s: it is whole after the next time',
    async (fault) => {
      const small = await startLedger(inject('dynamoEndpoint'), 1);
      await small.open({ a: 100n });
      await pay('x1', 'a', 'mint', 1n, small);
      await small.ledger.closeAccount({ unit: UNIT, account: 'a' });
      const from = sourceOf(partsOf(small.options, small.lanes));
      for (let at = 0; ; at += 1) {
        const copy = await copyTable(1);
        const plan = (call: number): Fault | undefined => (call === at ? fault : undefined);
        const injector = createInjector(plan);
        injector.attach(copy.options.client);
        await injector.invoke(() => bring(copy, from)).catch(() => undefined);
        expect(await bring(copy, from)).toMatchObject({ lag: 0 });
        await injector.wake();
        await injector.wake();
        expect((await bring(copy, from)).problem).toBeUndefined();
        await expectSame(copy, small);
        if (injector.calls.length <= at) break;
      }
    },
    120_000,
  );
});
