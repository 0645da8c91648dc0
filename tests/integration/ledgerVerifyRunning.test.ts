/** Verification of a ledger that somebody writes to at the same time. */
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import { verify, verifyRunning } from '#shared/ledger/audit/verify.ts';
import { balanceKey, blockKey, recordKey } from '#shared/ledger/dynamo/ledgerItems.ts';
import type { StoredItem } from '#shared/ledger/ports.ts';
import { sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { partsOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const FAR = 4e12;
const LANES = 2;
const RIGHT = { problem: undefined, unsure: undefined };
let test: TestLedger;
let writes = 0;

const nextId = (): string => {
  writes += 1;
  return `w${writes}`;
};
const pay = (from = 'a') =>
  test.ledger.transfer({ id: nextId(), unit: UNIT, from, to: 'b', amount: 1n });
const hold = async (): Promise<string> => {
  const id = nextId();
  await test.ledger.hold({ id, unit: UNIT, from: 'a', amount: 3n, expiresAt: FAR });
  return id;
};
const post = async () => {
  const held = await hold();
  const part = { hold: held, to: [{ to: 'b', amount: 1n }] };
  await test.ledger.post({ id: nextId(), ...part, final: false });
  return test.ledger.post({ id: nextId(), ...part });
};
const release = async () => test.ledger.release(await hold());
const open = async () => {
  const account = nextId();
  await test.ledger.openAccount({ unit: UNIT, account });
  await test.ledger.transfer({ id: nextId(), unit: UNIT, from: 'a', to: account, amount: 1n });
};
const close = () => test.ledger.closeAccount({ unit: UNIT, account: 'empty' });
const closeAndReopen = async () => {
  await close();
  return test.ledger.reopenAccount({ unit: UNIT, account: 'empty' });
};
const linked = () =>
  test.ledger.linked(
    ['a', 'b'].map((from) => ({ id: nextId(), unit: UNIT, from, to: 'mint', amount: 1n })),
  );
const writeOut = () => {
  const { store, reader, entries } = partsOf(test.options, LANES);
  return sweepLanes(LANES, { store, reader, entries });
};
const wait = () => Promise.resolve();
const KINDS = { pay, hold, post, release, open, close, closeAndReopen, linked, writeOut };

/** Where a write can come between two reads of a verification. */
type Place = 'items' | 'torn' | 'head' | 'blocks' | 'records' | 'indexed' | 'balance';

type Items = readonly StoredItem[];
const isBalance = ({ kind }: StoredItem): boolean => kind === 'balance';

/** Verifies; `write` is called before each read at the place. */
const verifiedWhile = async (
  places: readonly Place[],
  write: () => Promise<unknown>,
  isLate = isBalance,
) => {
  const parts = partsOf(test.options, LANES);
  const before = async (place: Place) => (places.includes(place) ? write() : undefined);
  const { store, reader } = parts;
  const looking = {
    ...reader,
    // A scan that is torn: some items are as they were before the write, others as after it.
    items: async function* () {
      await before('items');
      const old: Items = (await arrayOf(reader.items())).flat();
      await before('torn');
      const late: Items = (await arrayOf(reader.items())).flat();
      yield [...old.filter((item) => !isLate(item)), ...late.filter(isLate)];
    },
    blocks: async function* (lane: number, seq: number) {
      await before('blocks');
      yield* reader.blocks(lane, seq);
    },
    // After the read: what comes then is not in what was read.
    pendingHolds: async function* (lane: number) {
      yield await arrayOf(reader.pendingHolds(lane)).then((pages) => pages.flat());
      await before('indexed');
    },
    records: async (ids: readonly string[]) => {
      await before('records');
      return reader.records(ids);
    },
    balance: async (...asked: Parameters<typeof reader.balance>) => {
      await before('balance');
      return reader.balance(...asked);
    },
  };
  const head = async (lane: number) => {
    await before('head');
    return store.head(lane);
  };
  const { problem, unsure } = await verify({
    ...parts,
    store: { head },
    reader: looking,
    lanes: LANES,
    wait,
  });
  return { problem, unsure };
};

const arrayOf = async <T>(pages: AsyncIterable<T>): Promise<readonly T[]> => {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
};

const damage = (item: Record<string, unknown>) => {
  const { client, table } = test.options;
  return client.send(new PutCommand({ TableName: table, Item: item }));
};

beforeEach(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  await test.open({ a: 1_000n, b: 1_000n, empty: 0n });
  await pay();
  await hold();
  await writeOut();
});

describe('a ledger that is as its journal says', () => {
  it.each(Object.entries(KINDS))('is right while somebody writes: %s', async (_kind, write) => {
    for (const place of ['items', 'torn', 'head', 'blocks', 'records'] as const)
      expect(await verifiedWhile([place], write), place).toEqual(RIGHT);
    expect(await verifiedWhile(['torn'], write, (item) => !isBalance(item))).toEqual(RIGHT);
  });

  it('is right while four others write as fast as they can', async () => {
    let isOver = false;
    const all = Object.values(KINDS);
    const writing = [0, 1, 2, 3].map(async (start) => {
      for (let n = start; !isOver; n += 1) await all[n % all.length]?.();
    });
    const found: unknown[] = [];
    try {
      for (let n = 0; n < 6; n += 1) found.push((await verifiedWhile([], pay)).problem);
    } finally {
      isOver = true;
      await Promise.all(writing);
    }
    expect(found).toEqual(Array(6).fill(undefined));
    expect(await verifiedWhile([], pay)).toEqual(RIGHT);
  });

  it('is never called wrong when its holds move at every look', async () => {
    const { problem, unsure } = await verifiedWhile(['torn', 'balance'], hold);
    expect(problem).toBeUndefined();
    expect(unsure?.what).toMatch(/are held, its open holds have/);
  });

  it('is never called wrong when a hold makes room for one of the same amount', async () => {
    let open = await hold();
    const next = async () => {
      await test.ledger.release(open);
      open = await hold();
    };
    let isTorn = false;
    const { problem, unsure } = await verifiedWhile(['torn', 'indexed'], async () => {
      if (isTorn) return next();
      isTorn = true;
      return hold();
    });
    expect(problem).toBeUndefined();
    expect(unsure?.what).toMatch(/are held, its open holds have/);
  });

  it('is right although the end of a commit cannot be seen yet', async () => {
    await pay();
    const parts = partsOf(test.options, LANES);
    let walks = 0;
    const late = async function* (lane: number, seq: number) {
      walks += 1;
      const isFirst = walks === 1;
      for await (const page of parts.reader.blocks(lane, seq))
        yield isFirst ? page.slice(0, -1) : page;
    };
    const reader = { ...parts.reader, blocks: late };
    const seen = await verifyRunning({ ...parts, reader, lanes: LANES, wait });
    expect([seen.problem, seen.unsure, walks]).toEqual([undefined, undefined, 1 + LANES]);
  });
});

/** The balance from which `a` pays. */
const balanceOfA = async () => {
  const key = { unit: UNIT, account: 'a' };
  const lane = (await test.ledger.account(key))?.lane ?? 0;
  return { Key: balanceKey(key, lane), where: `balance of a (${UNIT}) in lane ${lane}` };
};
/** So much more is held of `a` than its holds have. @returns the name of the balance */
const holdWithoutHold = async (more: number): Promise<string> => {
  const { client, table } = test.options;
  const { Key, where } = await balanceOfA();
  await client.send(
    new UpdateCommand({
      TableName: table,
      Key,
      UpdateExpression: 'ADD pd :more, av :less',
      ExpressionAttributeValues: { ':more': more, ':less': -more },
    }),
  );
  return where;
};

describe('a difference', () => {
  const wrong = { where: 'item Z Z', what: 'is nothing that the ledger writes' };

  it.each([
    ['nobody writes', []],
    ['somebody writes all the time', ['items', 'blocks', 'records', 'head']],
  ] as const)('is a problem when %s', async (_when, places) => {
    await damage({ pk: 'Z', sk: 'Z' });
    expect(await verifiedWhile(places, pay)).toEqual({ problem: wrong, unsure: undefined });
  });

  it('is a problem when two verifications in a row find it', async () => {
    await damage({ pk: 'Z', sk: 'Z' });
    const { problem } = await verifyRunning({
      ...partsOf(test.options, LANES),
      lanes: LANES,
      wait,
    });
    expect(problem).toEqual(wrong);
  });

  it('of holds that was there before somebody wrote once is a problem', async () => {
    await holdWithoutHold(5);
    let looks = 0;
    const { problem } = await verifiedWhile(['balance'], async () => {
      looks += 1;
      return looks === 2 ? hold() : undefined;
    });
    expect(problem?.what).toBe('11 are held, its open holds have 6');
  });

  it('of holds is a problem although others hold between the looks', async () => {
    const where = await holdWithoutHold(5);
    const { problem } = await verifyRunning({
      ...partsOf(test.options, LANES),
      lanes: LANES,
      wait: hold,
    });
    expect(problem?.where).toBe(where);
  });

  it('that moves once is not lost by a hold of its amount that ends', async () => {
    const open = await hold();
    await holdWithoutHold(3);
    let looks = 0;
    const { problem } = await verifiedWhile(['balance'], async () => {
      looks += 1;
      return looks === 2 ? test.ledger.release(open) : undefined;
    });
    expect(problem?.what).toBe('6 are held, its open holds have 3');
  });

  it('of a block beyond the journal is found while others write', async () => {
    const { client, table } = test.options;
    const Key = blockKey(0, 1);
    const { Item } = await client.send(new GetCommand({ TableName: table, Key }));
    await damage({ ...Item, ...blockKey(0, 900_000_000_001), seq: 900_000_000_001 });
    const { problem } = await verifiedWhile(['blocks'], () => pay('mint'));
    expect(problem?.where).toBe('lane 0, block 900000000001');
  });

  it('of a transfer that no block has is found while others write', async () => {
    const { client, table } = test.options;
    const { id } = await pay();
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: recordKey(id) }));
    await damage({ ...Item, ...recordKey('twice') });
    const { problem } = await verifiedWhile(['items', 'blocks', 'records', 'head'], pay);
    expect(problem).toEqual({ where: 'transfer twice', what: 'is in no block of the journal' });
  });

  it('of a balance that lost its last entry is found while others write', async () => {
    const { client, table } = test.options;
    const { Key, where } = await balanceOfA();
    const { Item: before = {} } = await client.send(new GetCommand({ TableName: table, Key }));
    await pay();
    await damage(before);
    const others = () => pay('mint');
    const { problem } = await verifiedWhile(['items', 'blocks', 'records', 'head'], others);
    expect(problem?.where).toBe(where);
  });
});
