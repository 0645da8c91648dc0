import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createHoldStore } from '#shared/ledger/dynamo/holdStore.ts';
import type { HoldStore } from '#shared/ledger/ports.ts';
import { auditOf, DAY_MS, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

describe.each([1, 4])('a ledger of %i lanes', (lanes) => {
  let test: TestLedger;
  let n = 0;
  const next = (): number => {
    n += 1;
    return n;
  };
  const fresh = (): string => `t${lanes}-${next()}`;
  const pay = (from: string, to: string, amount: bigint, id = fresh()) =>
    test.ledger.transfer({ id, unit: UNIT, from, to, amount });
  const hold = (from: string, amount: bigint, id = fresh(), over = {}) =>
    test.ledger.hold({ id, unit: UNIT, from, amount, expiresAt: 4_000_000_000_000, ...over });
  /** New accounts with these balances; their names. */
  const people = async (...amounts: bigint[]): Promise<string[]> => {
    const names = amounts.map(() => `p${next()}`);
    await test.open(Object.fromEntries(names.map((name, i) => [name, amounts[i] ?? 0n])));
    return names;
  };

  beforeAll(async () => {
    test = await startLedger(inject('dynamoEndpoint'), lanes);
  });
  afterAll(() => expect(test.warnings).toEqual([]));

  it('moves money, once by id, and says what differs when it does', async () => {
    const [a = '', b = '', c = ''] = await people(100n, 0n, 0n);
    const asked = { id: fresh(), unit: UNIT, from: a, to: b, amount: 60n };
    expect(await test.ledger.transfer(asked)).toMatchObject({ code: 'created' });
    expect(await test.ledger.transfer(asked)).toMatchObject({ code: 'exists' });
    for (const [over, code] of [
      [{ to: c }, 'exists_with_different_to'],
      [{ from: c }, 'exists_with_different_from'],
      [{ amount: 61n }, 'exists_with_different_amount'],
      [{ metadata: { why: 'x' } }, 'exists_with_different_metadata'],
    ] as const)
      expect(await test.ledger.transfer({ ...asked, ...over })).toMatchObject({ code });
    expect(await test.available(a)).toBe(40n);
    expect(await test.available(b)).toBe(60n);
  });

  it('refuses what it must, and changes nothing', async () => {
    const [a = '', b = ''] = await people(10n, 0n);
    expect(await pay(a, b, 11n)).toMatchObject({ code: 'exceeds_credits' });
    expect(await pay(a, b, 0n)).toMatchObject({ code: 'amount_out_of_range' });
    expect(await pay(a, b, 10n ** 31n)).toMatchObject({ code: 'amount_out_of_range' });
    expect(await pay(a, a, 1n)).toMatchObject({ code: 'same_account' });
    expect(await pay(a, 'nobody', 1n)).toMatchObject({ code: 'account_not_found' });
    expect(await pay('nobody', a, 1n)).toMatchObject({ code: 'account_not_found' });
    expect(await pay(a, b, 1n, 'x'.repeat(300))).toMatchObject({ code: 'id_invalid' });
    expect(await test.available(a)).toBe(10n);
  });

  it('spends what came from elsewhere, too', async () => {
    const [a = '', b = '', c = ''] = await people(50n, 50n, 0n);
    await pay(a, c, 50n);
    await pay(b, c, 50n);
    expect(await pay(c, a, 100n)).toMatchObject({ code: 'created' });
    expect(await test.available(c)).toBe(0n);
  });

  it('keeps amounts beyond 2^53, to the last unit', async () => {
    const [a = '', b = ''] = await people(10n ** 29n + 1n, 0n);
    expect(await pay(a, b, 10n ** 29n)).toMatchObject({ code: 'created' });
    expect(await test.available(a)).toBe(1n);
  });

  it('carries out linked transfers all or none', async () => {
    const [a = '', b = '', c = ''] = await people(10n, 10n, 0n);
    const linked = (amount: bigint) => {
      const [one, two] = [fresh(), fresh()];
      return test.ledger.linked([
        { id: one, unit: UNIT, from: a, to: c, amount: 5n },
        { id: two, unit: UNIT, from: b, to: c, amount },
      ]);
    };
    expect((await linked(11n)).map(({ code }) => code)).toEqual([
      'linked_failed',
      'exceeds_credits',
    ]);
    expect(await test.available(a)).toBe(10n);
    expect((await linked(10n)).map(({ code }) => code)).toEqual(['created', 'created']);
    expect(await test.available(c)).toBe(15n);
  });

  it('holds, posts a part, and gives the rest back', async () => {
    const [a = '', b = '', o = ''] = await people(100n, 0n, 0n);
    const id = fresh();
    expect(await hold(a, 80n, id)).toMatchObject({ code: 'created' });
    expect(await hold(a, 80n, id)).toMatchObject({ code: 'exists' });
    expect(await hold(a, 81n, id)).toMatchObject({ code: 'exists_with_different_amount' });
    expect(await hold(a, 30n)).toMatchObject({ code: 'exceeds_credits' });
    expect(await pay(a, b, 30n)).toMatchObject({ code: 'exceeds_credits' });
    expect(await test.available(a)).toBe(20n);
    const posting = {
      id: fresh(),
      hold: id,
      to: [
        { to: b, amount: 45n },
        { to: o, amount: 5n },
      ],
    };
    expect(await test.ledger.post(posting)).toMatchObject({ code: 'created' });
    expect(await test.ledger.post(posting)).toMatchObject({ code: 'exists' });
    expect(await test.ledger.balance({ unit: UNIT, account: a })).toMatchObject({
      posted: 50n,
      held: 0n,
      available: 50n,
    });
    expect(await test.available(b)).toBe(45n);
    expect(await test.ledger.release(id)).toMatchObject({ code: 'pending_already_posted' });
    expect(await test.ledger.post({ ...posting, id: fresh() })).toMatchObject({
      code: 'pending_already_posted',
    });
  });

  it('draws on one hold many times, and takes holds out of holds', async () => {
    const [a = '', b = ''] = await people(100n, 0n);
    const [parent, child] = [fresh(), fresh()];
    await hold(a, 100n, parent);
    expect(await hold(a, 30n, child, { parent })).toMatchObject({ code: 'created' });
    expect(await hold(a, 71n, fresh(), { parent })).toMatchObject({
      code: 'exceeds_pending_amount',
    });
    const draw = (amount: bigint, final = false, from = parent) =>
      test.ledger.post({ id: fresh(), hold: from, to: [{ to: b, amount }], final });
    const draws = await Promise.all([10n, 20n, 30n].map((amount) => draw(amount)));
    expect(draws.map(({ code }) => code)).toEqual(['created', 'created', 'created']);
    expect(await draw(11n)).toMatchObject({ code: 'exceeds_pending_amount' });
    expect(await draw(30n, true, child)).toMatchObject({ code: 'created' });
    expect(await test.ledger.release(parent)).toMatchObject({ code: 'created' });
    expect(await test.ledger.balance({ unit: UNIT, account: a })).toMatchObject({
      posted: 10n,
      held: 0n,
    });
    expect(await test.available(b)).toBe(90n);
  });

  it('releases and expires holds, once', async () => {
    const [a = '', b = ''] = await people(100n, 0n);
    const [one, two] = [fresh(), fresh()];
    await hold(a, 10n, one);
    await hold(a, 20n, two, { expiresAt: test.now() + DAY_MS });
    expect(await test.ledger.release(one)).toMatchObject({ code: 'created' });
    expect(await test.ledger.release(one)).toMatchObject({ code: 'exists' });
    test.advance(DAY_MS);
    const late = { id: fresh(), hold: two, to: [{ to: b, amount: 1n }] };
    expect(await test.ledger.post(late)).toMatchObject({ code: 'pending_already_expired' });
    expect(await test.ledger.expire(two)).toMatchObject({ code: 'created' });
    expect(await test.ledger.release(two)).toMatchObject({ code: 'pending_already_expired' });
    expect(await test.ledger.release('nothing')).toMatchObject({ code: 'pending_not_found' });
    expect(await test.available(a)).toBe(100n);
  });

  it('closes accounts to everything but what they promised, and reopens them', async () => {
    const [a = '', b = ''] = await people(100n, 10n);
    const promise = fresh();
    await hold(a, 40n, promise);
    await pay(a, b, 1n);
    expect(await test.ledger.closeAccount({ unit: UNIT, account: a })).toMatchObject({
      code: 'created',
    });
    expect(await pay(a, b, 1n)).toMatchObject({ code: 'account_closed' });
    expect(await pay(b, a, 1n)).toMatchObject({ code: 'account_closed' });
    expect(await hold(a, 1n)).toMatchObject({ code: 'account_closed' });
    const posting = { id: fresh(), hold: promise, to: [{ to: b, amount: 40n }] };
    expect(await test.ledger.post(posting)).toMatchObject({ code: 'created' });
    await test.ledger.reopenAccount({ unit: UNIT, account: a });
    expect(await pay(a, b, 1n)).toMatchObject({ code: 'created' });
  });

  it('takes a transfer back, with all that it paid', async () => {
    const [a = '', b = '', o = ''] = await people(100n, 0n, 0n);
    const [held, posted] = [fresh(), fresh()];
    await hold(a, 50n, held);
    const to = [
      { to: b, amount: 45n },
      { to: o, amount: 5n },
    ];
    await test.ledger.post({ id: posted, hold: held, to });
    expect(await test.ledger.reverse(posted)).toMatchObject({ code: 'created' });
    expect(await test.ledger.reverse(posted)).toMatchObject({ code: 'exists' });
    expect(await test.available(a)).toBe(100n);
    expect(await test.available(o)).toBe(0n);
  });

  it.each([
    ['', 'CRD'],
    ['x'.repeat(257), 'CRD'],
    ['fine', 'a#b'],
  ])('opens no account %s in unit %s', async (account, unit) => {
    expect(await test.ledger.openAccount({ unit, account })).toMatchObject({ code: 'id_invalid' });
  });

  it('keeps names with every character that a name may have', async () => {
    const [a = ''] = await people(5n);
    const odd = `ö #${fresh()}#7`;
    await test.ledger.openAccount({ unit: UNIT, account: odd });
    expect(await pay(a, odd, 5n)).toMatchObject({ code: 'created' });
    expect((await auditOf(test)).problem).toBeUndefined();
  });

  it('opens an account once: what it is stays', async () => {
    const [a = ''] = await people(1n);
    const open = (guarded: boolean) => test.ledger.openAccount({ unit: UNIT, account: a, guarded });
    await test.ledger.closeAccount({ unit: UNIT, account: a });
    expect(await open(true)).toMatchObject({ code: 'exists' });
    expect(await open(false)).toMatchObject({ code: 'exists_with_different_type' });
    expect(await test.ledger.account({ unit: UNIT, account: a })).toMatchObject({
      guarded: true,
      closed: true,
    });
  });

  it('pays nothing out of a hold that is released in the last moment', async () => {
    const [a = '', b = ''] = await people(100n, 0n);
    const id = fresh();
    await hold(a, 60n, id);
    const { store } = test;
    const late = test.another({
      store: {
        ...store,
        commit: async (commit) => {
          await test.ledger.release(id);
          return store.commit(commit);
        },
      },
    });
    const posting = { id: fresh(), hold: id, to: [{ to: b, amount: 60n }] };
    expect(await late.post(posting)).toMatchObject({ code: 'pending_already_released' });
    expect(await test.available(a)).toBe(100n);
  });

  it.each([
    { first: 'released', balance: 100n, answer: 'exists' },
    { first: 'posted', balance: 40n, answer: 'pending_already_posted' },
  ])('gives a hold back once, when it was $first in the last moment', async (row) => {
    const [a = '', b = ''] = await people(100n, 0n);
    const id = fresh();
    await hold(a, 60n, id);
    const holds = createHoldStore(test.options);
    const end: HoldStore['end'] = async (ended, as) => {
      if (row.first === 'released') await test.ledger.release(id);
      else await test.ledger.post({ id: fresh(), hold: id, to: [{ to: b, amount: 60n }] });
      return holds.end(ended, as);
    };
    const late = test.another({ holds: { ...holds, end } });
    expect(await late.release(id)).toMatchObject({ code: row.answer });
    expect(await test.available(a)).toBe(row.balance);
  });

  it('never lets an id be two things', async () => {
    const [a = '', b = ''] = await people(100n, 0n);
    const id = fresh();
    await hold(a, 1n, id);
    expect(await pay(a, b, 1n, id)).toMatchObject({ code: 'exists_with_different_type' });
    const other = fresh();
    await pay(a, b, 1n, other);
    expect(await hold(a, 1n, other)).toMatchObject({ code: 'exists_with_different_type' });
  });

  it('loses none of 200 increments from four processes at once', async () => {
    const [a = '', b = ''] = await people(200n, 0n);
    const ledgers = [test.ledger, test.another(), test.another(), test.another()];
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        ledgers[i % 4]?.transfer({ id: fresh(), unit: UNIT, from: a, to: b, amount: 1n }),
      ),
    );
    expect(outcomes.filter((outcome) => outcome?.code !== 'created')).toEqual([]);
    expect(await test.available(b)).toBe(200n);
    expect(await pay(a, b, 1n)).toMatchObject({ code: 'exceeds_credits' });
  });
});
