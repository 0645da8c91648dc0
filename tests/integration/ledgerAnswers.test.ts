/** What the ledger says is so, also where it refuses. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { LIMITS } from '#shared/kernel/limits.ts';
import { createHoldStore } from '#shared/ledger/dynamo/holdStore.ts';
import type { LaneStore } from '#shared/ledger/ports.ts';
import { auditOf, DAY_MS, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const LANES = 4;
const FAR = 4_000_000_000_000;
let test: TestLedger;
let n = 0;

const fresh = (what = 'x'): string => {
  n += 1;
  return `${what}${n}`;
};
const pay = (from: string, to: string, amount: bigint, id = fresh('pay')) =>
  test.ledger.transfer({ id, unit: UNIT, from, to, amount });
const hold = (from: string, amount: bigint, over = {}) =>
  test.ledger.hold({ id: fresh('hold'), unit: UNIT, from, amount, expiresAt: FAR, ...over });
const people = async (...amounts: bigint[]): Promise<string[]> => {
  const names = amounts.map(() => fresh('p'));
  await test.open(Object.fromEntries(names.map((name, at) => [name, amounts[at] ?? 0n])));
  return names;
};
const laneOf = async (account: string): Promise<number> =>
  (await test.ledger.account({ unit: UNIT, account }))?.lane ?? 0;
/** Somebody who is paid by the mint in another lane than the own. */
const foreigner = async (): Promise<string> => {
  for (;;) {
    const [name = ''] = await people(0n);
    if ((await laneOf(name)) !== (await laneOf('mint'))) return name;
  }
};

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  await test.open({});
});

describe('a reversal', () => {
  it('is not another transfer that has its id', async () => {
    const [a = '', b = ''] = await people(100n, 0n);
    for (const [amount, code] of [
      [7n, 'exists_with_different_from'],
      [5n, 'exists_with_different_from'],
    ] as const) {
      const id = fresh();
      await pay(a, b, 5n, id);
      await pay(a, b, amount, `${id}:reverse`);
      const outcome = await test.ledger.reverse(id);
      expect(outcome).toMatchObject({ id: `${id}:reverse`, code });
    }
    const id = fresh();
    await pay(a, b, 5n, id);
    await pay(b, a, 5n, `${id}:reverse`);
    expect(await test.ledger.reverse(id)).toMatchObject({ code: 'exists_with_different_reversal' });
    const held = fresh();
    await pay(a, b, 5n, held);
    await hold(a, 1n, { id: `${held}:reverse` });
    expect(await test.ledger.reverse(held)).toMatchObject({ code: 'exists_with_different_type' });
  });

  it.each([248, 249, 255, 256])('takes back a transfer whose id has %i bytes', async (length) => {
    const [a = '', b = ''] = await people(10n, 0n);
    const id = fresh().padEnd(length, '-');
    await pay(a, b, 10n, id);
    expect(await test.ledger.reverse(id)).toMatchObject({ code: 'created' });
    expect(await test.ledger.reverse(id)).toMatchObject({ code: 'exists' });
    expect(await test.available(a)).toBe(10n);
  });

  it('of an id that nothing can have finds nothing', async () => {
    const outcome = await test.ledger.reverse('x'.repeat(3_000));
    expect(outcome).toMatchObject({ code: 'transfer_not_found' });
  });
});

describe('a set', () => {
  it('in which an id is twice is refused, and not done', async () => {
    const [a = '', b = ''] = await people(10n, 0n);
    const payment = { id: fresh(), unit: UNIT, from: a, to: b, amount: 1n };
    const other = { ...payment, id: fresh() };
    const outcomes = await test.ledger.linked([payment, other, payment]);
    expect(outcomes.map(({ code }) => code)).toEqual([
      ...['linked_failed', 'linked_failed', 'id_repeated'],
    ]);
    expect(await test.ledger.find(payment.id)).toBeUndefined();
    expect(await test.available(b)).toBe(0n);
  });

  it('that no transaction has room for is refused at once, by name', async () => {
    const [a = ''] = await people(1_000n);
    const names = await people(...Array.from({ length: 60 }, () => 0n));
    const payments = (count: number) =>
      Array.from({ length: count }, (_, at) => ({
        id: fresh(),
        unit: UNIT,
        from: a,
        to: names[at % names.length] ?? '',
        amount: 1n,
      }));
    for (const count of [60, 500]) {
      const outcomes = await test.ledger.linked(payments(count));
      expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(['set_too_large']));
    }
    const id = fresh();
    await hold(a, 500n, { id });
    const to = Array.from({ length: 97 }, (_, at) => ({
      to: names[at % names.length] ?? '',
      amount: 1n,
    }));
    const many = { id: fresh(), hold: id, to: [...to, ...to] };
    expect(await test.ledger.post(many)).toMatchObject({ code: 'set_too_large' });
    expect(await test.ledger.linked(payments(20))).toMatchObject(
      Array.from({ length: 20 }, () => ({ code: 'created' })),
    );
  });

  it('is paid with what its payers earned elsewhere, too', async () => {
    const [one, two] = [await foreigner(), await foreigner()];
    const [to = ''] = await people(0n);
    for (const name of [one, two]) await pay('mint', name, 30n);
    const outcomes = await test.ledger.linked(
      [one, two, one].map((from) => ({ id: fresh(), unit: UNIT, from, to, amount: 15n })),
    );
    expect(outcomes.map(({ code }) => code)).toEqual(['created', 'created', 'created']);
  });
});

describe('a hold', () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 8_640_000_000_000_001, 10 ** 17])(
    'that should end at %d is refused by name',
    async (expiresAt) => {
      const [a = ''] = await people(10n);
      expect(await hold(a, 1n, { expiresAt })).toMatchObject({ code: 'expiry_out_of_range' });
      expect(await test.available(a)).toBe(10n);
    },
  );

  it('that ended is still the one that was placed', async () => {
    const [a = ''] = await people(10n);
    const asked = { id: fresh(), expiresAt: test.now() + DAY_MS };
    expect(await hold(a, 4n, asked)).toMatchObject({ code: 'created' });
    test.advance(DAY_MS);
    expect(await hold(a, 4n, asked)).toMatchObject({ code: 'exists' });
    const late = { id: fresh(), expiresAt: test.now() };
    expect(await hold(a, 4n, late)).toMatchObject({ code: 'expiry_out_of_range' });
  });

  it('is told for what it is when its id is asked for twice, and by whom', async () => {
    const [a = '', b = ''] = await people(10n, 10n);
    const request = { id: fresh(), unit: UNIT, from: a, amount: 4n, expiresAt: FAR };
    const outcomes = await test.ledger.holdMany([
      request,
      { ...request, amount: 5n },
      request,
      { ...request, id: fresh(), from: b, amount: 9n },
      { ...request, id: fresh(), amount: 7n },
    ]);
    expect(outcomes.map(({ code }) => code)).toEqual([
      ...['created', 'exists_with_different_amount', 'exists', 'created', 'exceeds_credits'],
    ]);
    expect([await test.available(a), await test.available(b)]).toEqual([6n, 1n]);
  });

  it('whose time is over keeps no money from being spent', async () => {
    const [a = '', b = '', c = ''] = await people(100n, 100n, 0n);
    const until = { expiresAt: test.now() + DAY_MS };
    for (const from of [a, b]) for (const amount of [60n, 40n]) await hold(from, amount, until);
    expect(await pay(a, c, 1n)).toMatchObject({ code: 'exceeds_credits' });
    test.advance(DAY_MS);
    expect(await pay(a, c, 100n)).toMatchObject({ code: 'created' });
    expect(await hold(b, 100n)).toMatchObject({ code: 'created' });
    expect((await auditOf(test)).problem).toBeUndefined();
  });
});

describe('money beyond the limit of one transfer', () => {
  const max = LIMITS.ledgerAmountMax;

  it('is spent, though it was earned in another lane', async () => {
    const name = await foreigner();
    const [to = ''] = await people(0n);
    for (const _ of [1, 2, 3]) await pay('mint', name, max);
    expect(await pay(name, to, max)).toMatchObject({ code: 'created' });
    expect(await hold(name, max)).toMatchObject({ code: 'created' });
    expect(await test.available(name)).toBe(max);
  });

  it('is swept', async () => {
    const key = { unit: UNIT, account: await foreigner() };
    for (const _ of [1, 2]) await pay('mint', key.account, max);
    await pay('mint', key.account, 1n);
    expect(await test.ledger.sweep(key, fresh('sweep'))).toMatchObject({ code: 'created' });
    const { lanes, posted } = await test.ledger.balance(key);
    const home = await laneOf(key.account);
    const there = lanes.filter(({ lane }) => lane === home);
    expect(there.map(({ position: { credits, debits } }) => credits - debits)).toEqual([posted]);
    expect(posted).toBe(2n * max + 1n);
  });
});

describe('what kept the money away', () => {
  it('is part of the answer', async () => {
    const [name, transit] = [await foreigner(), { unit: UNIT, account: 'sheratan:transit' }];
    await pay('mint', name, 10n);
    await test.ledger.openAccount({ ...transit, guarded: false });
    await test.ledger.closeAccount(transit);
    const outcome = await pay(name, 'mint', 10n);
    await test.ledger.reopenAccount(transit);
    expect(outcome).toMatchObject({ code: 'exceeds_credits' });
    expect(outcome.detail).toContain('account_closed sheratan:transit');
    expect(await pay(name, 'mint', 10n)).toMatchObject({ code: 'created' });
  });

  it('leaves the outcome open when it is not known', async () => {
    const [a = '', b = ''] = await people(1n, 0n);
    const holds = createHoldStore(test.options);
    const expired = () => Promise.reject(new Error('the index is away'));
    const blind = test.another({ holds: { ...holds, expired } });
    const payment = { id: fresh(), unit: UNIT, from: a, to: b, amount: 2n };
    expect(await blind.transfer(payment)).toMatchObject({ code: 'unknown' });
    expect(await blind.holdMany([{ ...payment, expiresAt: FAR }])).toMatchObject([
      { code: 'unknown' },
    ]);
  });
});

describe('what the table never takes', () => {
  /** Sends more with commits that have this id in them: a key that no table has. */
  const spoiling = (id: string): LaneStore => ({
    ...test.store,
    commit: (commit) => {
      const [change] = commit.changes;
      const key = { unit: UNIT, account: 'x'.repeat(3_000) };
      const isSpoiled = commit.done.some((done) => done.id === id);
      const changes =
        isSpoiled && change ? [...commit.changes, { ...change, key }] : commit.changes;
      return test.store.commit({ ...commit, changes });
    },
  });

  it('is refused at once and by name, and stops nobody else', async () => {
    const [a = '', b = ''] = await people(10n, 0n);
    const bad = fresh('bad');
    const ledger = test.another({ store: spoiling(bad), patienceMs: 60_000 });
    const ids = [fresh(), bad, fresh(), fresh()];
    const outcomes = await Promise.all(
      ids.map((id) => ledger.transfer({ id, unit: UNIT, from: a, to: b, amount: 1n })),
    );
    expect(outcomes.map(({ code }) => code)).toEqual([
      ...['created', 'store_refused', 'created', 'created'],
    ]);
    expect(await test.available(b)).toBe(3n);
  });
});
