/** One account pays more than one transaction has room for. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { mapPool } from '#shared/kernel/pool.ts';
import { systemRandom, systemSleep } from '#shared/kernel/ports.ts';
import type { LaneStore } from '#shared/ledger/ports.ts';
import { standings } from '#shared/ledger/read/standings.ts';
import { auditOf, partsOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';

const LANES = 2;
const COUNT = 120;
let test: TestLedger;
let names: readonly string[];
let n = 0;

const toAll = (amount = 1n) => names.map((to) => ({ to, amount }));
const balances = async (): Promise<readonly bigint[]> => {
  const all = await standings({
    ...partsOf(test.options, LANES),
    lanes: LANES,
    random: systemRandom,
    wait: systemSleep,
  });
  const byName = new Map(all.map(({ account, available }) => [account, available]));
  return names.map((name) => byName.get(name) ?? 0n);
};
const sumOf = async (): Promise<bigint> =>
  (await balances()).reduce((sum, balance) => sum + balance, 0n);

const payerWith = async (amount: bigint): Promise<string> => {
  n += 1;
  await test.open({ [`payer${n}`]: amount });
  return `payer${n}`;
};
const asked = (from: string, over = {}) => {
  n += 1;
  return { id: `many${n}`, unit: UNIT, from, to: toAll(), ...over };
};

beforeAll(async () => {
  test = await startLedger(inject('dynamoEndpoint'), LANES);
  names = Array.from({ length: COUNT }, (_, at) => `to${at}`);
  await mapPool(names, 16, (account) => test.ledger.openAccount({ unit: UNIT, account }));
});

describe('a disbursement to many', () => {
  it('pays each once, and knows it from another one', async () => {
    const from = await payerWith(1_000n);
    const before = await balances();
    const request = asked(from);
    expect(await test.ledger.disburse(request)).toMatchObject({ code: 'created' });
    expect(await test.ledger.disburse(request)).toMatchObject({ code: 'exists' });
    for (const [to, code] of [
      [toAll(2n), 'exists_with_different_amount'],
      [toAll().reverse(), 'exists_with_different_to'],
      [toAll().slice(1), 'exists_with_different_amount'],
      [toAll().slice(0, 3), 'exists_with_different_type'],
    ] as const)
      expect(await test.ledger.disburse({ ...request, to })).toMatchObject({ code });
    expect(await balances()).toEqual(before.map((balance) => balance + 1n));
    expect(await test.ledger.balance({ unit: UNIT, account: from })).toMatchObject({
      posted: 1_000n - BigInt(COUNT),
      held: 0n,
    });
    expect((await auditOf(test)).problem).toBeUndefined();
  });

  it('pays nobody when one cannot be paid, or the payer cannot pay', async () => {
    const before = await sumOf();
    const from = await payerWith(BigInt(COUNT) - 1n);
    expect(await test.ledger.disburse(asked(from))).toMatchObject({ code: 'exceeds_credits' });
    const rich = await payerWith(1_000n);
    const nobody = [...toAll(), { to: 'nobody', amount: 1n }];
    expect(await test.ledger.disburse(asked(rich, { to: nobody }))).toMatchObject({
      code: 'account_not_found',
    });
    const last = { unit: UNIT, account: names.at(-1) ?? '' };
    await test.ledger.closeAccount(last);
    expect(await test.ledger.disburse(asked(rich))).toMatchObject({ code: 'account_closed' });
    await test.ledger.reopenAccount(last);
    expect(await sumOf()).toBe(before);
    expect(await test.available(rich)).toBe(1_000n);
  });

  it('goes on where it was cut short, also to accounts that are closed since', async () => {
    const from = await payerWith(BigInt(COUNT));
    const before = await balances();
    let commits = 0;
    const dying: LaneStore = {
      ...test.store,
      commit: (commit) => {
        commits += 1;
        return commits > 1 ? Promise.reject(new Error('killed')) : test.store.commit(commit);
      },
    };
    const request = asked(from);
    const killed = test.another({ store: dying, patienceMs: 300 });
    expect(await killed.disburse(request)).toMatchObject({ code: 'unknown' });
    // Nobody else may have it meanwhile.
    expect(await test.available(from)).toBe(0n);
    const last = { unit: UNIT, account: names.at(-1) ?? '' };
    await test.ledger.closeAccount(last);
    const [one, two] = [test.another(), test.another()];
    const outcomes = await Promise.all([one.disburse(request), two.disburse(request)]);
    expect(outcomes.map(({ code }) => code).sort()).toEqual(['created', 'exists']);
    await test.ledger.reopenAccount(last);
    expect(await balances()).toEqual(before.map((balance) => balance + 1n));
    expect((await auditOf(test)).problem).toBeUndefined();
  });

  it('is taken back part by part', async () => {
    const from = await payerWith(BigInt(COUNT));
    const request = asked(from);
    await test.ledger.disburse(request);
    const whole = await test.ledger.reverse(request.id);
    expect(whole).toMatchObject({ code: 'set_too_large' });
    expect(whole.detail).toContain(`${request.id}:part:1 `);
    for (const part of [1, 2, 3])
      expect(await test.ledger.reverse(`${request.id}:part:${part}`)).toMatchObject({
        code: 'created',
      });
    expect(await test.available(from)).toBe(BigInt(COUNT));
  });

  it('never has the id of something else', async () => {
    const from = await payerWith(1_000n);
    const [taken, held] = [asked(from), asked(from)];
    await test.ledger.transfer({ id: taken.id, unit: UNIT, from, to: 'to0', amount: 1n });
    expect(await test.ledger.disburse(taken)).toMatchObject({ code: 'exists_with_different_to' });
    const hold = { id: held.id, unit: UNIT, from, amount: 1n, expiresAt: 4e12 };
    await test.ledger.hold(hold);
    expect((await test.ledger.disburse(held)).code).toMatch(/^exists_with_different_/);
    const begun = asked(from);
    expect(await test.ledger.disburse(begun)).toMatchObject({ code: 'created' });
    const same = { id: begun.id, unit: UNIT, from, to: 'to0', amount: 1n };
    expect(await test.ledger.transfer(same)).toMatchObject({ code: 'exists_with_different_type' });
  });
});
