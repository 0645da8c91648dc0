import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chargeOf } from '#shared/billing/charge.ts';
import { holdIdOf } from '#shared/billing/jobCost.ts';
import type { HoldAllocator } from '#shared/billing/ports.ts';
import { settleCharge } from '#shared/billing/settleCharge.ts';
import { LEDGER_ACCOUNTS } from '#shared/contracts/ledger.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError, RetryableError } from '#shared/jobs/kinds/errors.ts';
import { traceOf } from '#shared/jobs/record/trace.ts';
import { DAY_MS, type TestLedger, UNIT } from '../support/ledger.ts';
import { endPaying, startPaying } from '../support/paying.ts';
import type { TestWorker } from '../support/worker.ts';

const kinds = kindsOf([
  defineJob({
    kind: 'work',
    payload: v.optional(
      v.object({ failures: v.optional(v.number(), 0), dies: v.optional(v.boolean()) }),
    ),
    retry: { baseSeconds: 0, jitter: 'none', maxAttempts: 3 },
    run: ({ failures = 0, dies } = {}, { attempt }) => {
      runs += 1;
      if (dies) return Promise.reject(new PermanentError('dies'));
      return attempt <= failures ? Promise.reject(new RetryableError('again')) : Promise.resolve(1);
    },
  }),
]);

let runs = 0;
let test: TestLedger;
let worker: TestWorker;
let allocator: HoldAllocator;

beforeEach(async () => {
  runs = 0;
  ({ test, worker, allocator } = await startPaying(kinds));
});
afterEach(() => endPaying(test, worker));

const job = (amount: number, over: object = {}, cost: object = {}) => ({
  kind: 'work',
  cost: { payer: 'alice', amount, ...cost },
  ...over,
});
const drain = () => worker.drain({ allocator });
/** What the relay and the settler do with the ends of these jobs. */
const settle = async (...ids: string[]) => {
  const before = worker.charged.length;
  await worker.relay(...ids);
  const charges = worker.charged.slice(before).flatMap((record) => chargeOf(record) ?? []);
  return Promise.all(charges.map((charge) => settleCharge(charge, test.ledger)));
};
const standing = async (account: string) => {
  const { posted, held } = await test.ledger.balance({ unit: UNIT, account });
  return { posted, held };
};

describe('a job with a price', () => {
  it('is held before it runs, and paid when it completed: once', async () => {
    await test.open({ alice: 100n });
    const id = await worker.send(job(60, { payload: { failures: 1 } }));
    await worker.step({ allocator });
    expect(await standing('alice')).toEqual({ posted: 100n, held: 60n });
    await worker.ripen();
    await drain();
    await settle(id);
    await settle(id);
    expect(await standing('alice')).toEqual({ posted: 40n, held: 0n });
    expect(await standing(LEDGER_ACCOUNTS.worker)).toEqual({ posted: 54n, held: 0n });
    expect(await standing(LEDGER_ACCOUNTS.operator)).toEqual({ posted: 6n, held: 0n });
    expect(runs).toBe(2);
  });

  it.each([
    ['dies', { dies: true }, 'DEAD'],
    ['is given up after its attempts', { failures: 9 }, 'DEAD'],
  ])('that %s costs nothing', async (_how, payload, status) => {
    await test.open({ alice: 100n });
    const id = await worker.send(job(60, { payload }));
    await drain();
    expect(await worker.store.get(id)).toMatchObject({ status });
    await settle(id);
    expect(await standing('alice')).toEqual({ posted: 100n, held: 0n });
  });

  it('does not run when the payer cannot pay, and says so', async () => {
    await test.open({ alice: 10n });
    const short = await worker.send(job(60));
    const unknown = await worker.send(job(60, {}, { payer: 'ghost_user' }));
    await drain();
    expect(await worker.store.get(short)).toMatchObject({
      status: 'DEAD',
      error: { code: 'INSUFFICIENT_FUNDS', message: 'exceeds_credits: alice has 10 of 60' },
    });
    expect((await worker.store.get(unknown))?.error?.code).toBe('PAYER_UNKNOWN');
    expect(runs).toBe(0);
    await settle(short, unknown);
    expect(await standing('alice')).toEqual({ posted: 10n, held: 0n });
  });

  it('waits for money when it is to, and runs when it is there', async () => {
    await test.open({ alice: 10n, bob: 90n });
    const id = await worker.send(job(60, {}, { whenShort: 'wait' }));
    await drain();
    const record = await worker.store.get(id);
    expect(record).toMatchObject({ status: 'SCHEDULED', attempt: 0 });
    expect(record && traceOf(record).at(-1)?.text).toMatch(/INSUFFICIENT_FUNDS/);
    await test.ledger.transfer({ id: 'gift', unit: UNIT, from: 'bob', to: 'alice', amount: 90n });
    worker.clock.advance(3_600_000);
    await worker.ripen();
    await drain();
    await settle(id);
    expect(await standing('alice')).toEqual({ posted: 40n, held: 0n });
  });

  it('is another job with another price', async () => {
    await test.open({ alice: 100n });
    await worker.send(job(10, { id: 'same' }));
    await drain();
    const other = await worker.send(job(20, { id: 'same' }));
    await drain();
    expect(await worker.store.get('same')).toMatchObject({ status: 'COMPLETED' });
    expect(await worker.store.get(other)).toMatchObject({ error: { code: 'ID_TAKEN' } });
  });

  it('is paid although its hold expired; what cannot be collected is owed to the mesh', async () => {
    await test.open({ alice: 100n, bob: 0n });
    const ids = [await worker.send(job(60)), await worker.send(job(40))];
    await drain();
    test.advance(15 * DAY_MS);
    for (const id of ids) {
      const record = await worker.store.get(id);
      if (record) await test.ledger.expire(holdIdOf(record));
    }
    await test.ledger.transfer({ id: 'gone', unit: UNIT, from: 'alice', to: 'bob', amount: 50n });
    await settle(...ids);
    await settle(...ids);
    const { posted: owed } = await standing(LEDGER_ACCOUNTS.receivable);
    const { posted: left } = await standing('alice');
    expect([owed, left]).toEqual([-60n, 10n]);
    expect((await standing(LEDGER_ACCOUNTS.worker)).posted).toBe(90n);
  });

  it('draws on an allowance when its payer has very many, and what is left of it goes back', async () => {
    await test.open({ alice: 100_000n });
    const ids: string[] = [];
    for (let n = 0; n < 100; n += 1) ids.push(await worker.send(job(10)));
    const dispositions = await drain();
    expect(dispositions.filter(({ as }) => as === 'completed')).toHaveLength(100);
    const records = await Promise.all(ids.map((id) => worker.store.get(id)));
    const allowances = records.filter((record) => !record?.settlement?.final);
    expect(allowances.length).toBeGreaterThan(0);
    await settle(...ids);
    expect((await standing('alice')).posted).toBe(99_000n);
    const [first] = allowances;
    test.advance(DAY_MS);
    expect(await test.ledger.expire(first?.settlement?.hold ?? '')).toMatchObject({
      code: 'created',
    });
    expect(await standing('alice')).toEqual({ posted: 99_000n, held: 0n });
  });
});
