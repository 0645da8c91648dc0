import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chargeOf } from '#shared/billing/charge.ts';
import { holdIdOf } from '#shared/billing/jobCost.ts';
import { moneySteps } from '#shared/billing/moneyTrace.ts';
import type { HoldAllocator } from '#shared/billing/ports.ts';
import { settleCharge } from '#shared/billing/settleCharge.ts';
import { chargeIn, createCharges } from '#shared/billing/sqs/postingsQueue.ts';
import { LEDGER_ACCOUNTS } from '#shared/contracts/ledger.ts';
import { redrive } from '#shared/jobs/operator/redrive.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { DAY_MS, type TestLedger, UNIT } from '../support/ledger.ts';
import { endPaying, startPaying } from '../support/paying.ts';
import type { TestWorker } from '../support/worker.ts';

let test: TestLedger;
let worker: TestWorker;
let allocator: HoldAllocator;

beforeEach(async () => {
  ({ test, worker, allocator } = await startPaying());
});
afterEach(() => endPaying(test, worker));

const work = (id: string, cost: object | undefined, payload: object = {}, over: object = {}) => ({
  kind: 'work',
  id,
  payload,
  ...(cost && { cost }),
  ...over,
});
const part = (id: string, amount: number, payload: object = {}, over: object = {}) =>
  work(id, { from: 'parent', amount }, payload, over);
const parent = (amount: number, ...children: object[]) =>
  work('parent', { payer: 'alice', amount }, { children });
const drain = () => worker.drain({ allocator });
/** What the settler does with the ends of these jobs, as it gets them from its queue. */
const settle = async (...ids: string[]) => {
  const records = await Promise.all(ids.map((id) => worker.store.get(id)));
  const charges = records.flatMap((record) => (record && chargeOf(record)) ?? []);
  const bodies: string[] = [];
  const sqs = {
    send: ({ input }: { input: { Entries: { Id: string; MessageBody: string }[] } }) => {
      bodies.push(...input.Entries.map(({ MessageBody }) => MessageBody));
      return Promise.resolve({ Successful: input.Entries.map(({ Id }) => ({ Id })) });
    },
  };
  await createCharges(sqs as never, 'postings').send(records.flatMap((record) => record ?? []));
  expect(bodies.map(chargeIn)).toEqual(charges);
  return Promise.all(bodies.map((body) => settleCharge(chargeIn(body), test.ledger)));
};
const standing = async (account: string) => {
  const { posted, held } = await test.ledger.balance({ unit: UNIT, account });
  return [posted, held];
};
const earned = async () => (await standing(LEDGER_ACCOUNTS.worker))[0] ?? 0n;
const statusOf = async (id: string) => (await worker.store.get(id))?.status;
const stepsOf = async (id: string) => {
  const record = await worker.store.get(id);
  const reader = createLedgerReader(test.options);
  return record ? (await moneySteps(record, { reader })).map(({ text }) => text) : [];
};

describe('a child that is paid from what its parent holds', () => {
  const ORDERS = {
    'the parent is settled first': ['parent', 'a', 'b'],
    'the children are settled first': ['a', 'b', 'parent'],
    'all are settled at once': [],
  };

  it.each(Object.entries(ORDERS))('costs the payer nothing more: %s', async (_name, order) => {
    await test.open({ alice: 100n });
    await worker.send(parent(100, part('a', 30), part('b', 20)));
    await drain();
    await worker.relay('parent');
    expect(await standing('alice')).toEqual([100n, 100n]);
    if (order[0] === 'parent') await settle('parent');
    await drain();
    expect(await standing('alice')).toEqual(order[0] === 'parent' ? [50n, 50n] : [100n, 100n]);
    for (const id of order) await settle(id);
    const everything = async () => {
      await worker.relay('parent', 'a', 'b');
      await drain();
      await settle('a', 'parent', 'b');
    };
    await everything();
    await everything();
    expect(await standing('alice')).toEqual([0n, 0n]);
    expect(await earned()).toBe(90n);
    expect(await standing(LEDGER_ACCOUNTS.operator)).toEqual([10n, 0n]);
    const [hold] = await stepsOf('a');
    const record = await worker.store.get('parent');
    expect(hold).toContain(`30 CRD of alice held out of ${record && holdIdOf(record)}`);
    expect((await stepsOf('parent'))[1]).toBe('50 CRD of it kept for 2 children');
  });

  it('may get all of it', async () => {
    await test.open({ alice: 100n });
    await worker.send(parent(100, part('a', 100)));
    await drain();
    await worker.relay('parent');
    await settle('parent');
    await drain();
    await settle('a', 'parent');
    expect([await standing('alice'), await earned()]).toEqual([[0n, 0n], 90n]);
  });

  it('may pay for its own children in turn', async () => {
    await test.open({ alice: 100n });
    await worker.send(parent(100, part('a', 60, { children: [part('deep', 20)] })));
    for (const id of ['parent', 'a', 'deep']) {
      await drain();
      await worker.relay(id);
    }
    await settle('deep', 'a', 'parent');
    expect([await standing('alice'), await earned()]).toEqual([[0n, 0n], 90n]);
  });

  it.each([
    ['after its parent was settled', true],
    ['before its parent was settled', false],
  ])('gives its part back when it fails, %s', async (_when, parentFirst) => {
    await test.open({ alice: 100n });
    const never = part('never', 10, {}, { dependsOn: ['a'] });
    await worker.send(parent(100, part('a', 30, { dies: true }), part('b', 20), never));
    await drain();
    await worker.relay('parent');
    if (parentFirst) await settle('parent');
    await drain();
    await worker.relay('a');
    expect(await statusOf('never')).toBe('DEAD');
    await settle('never', 'a', 'b');
    await settle('parent', 'never', 'a', 'b');
    expect([await standing('alice'), await earned()]).toEqual([[40n, 0n], 54n]);
  });

  it('that is put back after it failed is paid by the payer', async () => {
    await test.open({ alice: 100n });
    await worker.send(parent(60, part('a', 30, { dies: true })));
    await drain();
    await worker.relay('parent');
    await drain();
    await settle('parent', 'a');
    expect(await standing('alice')).toEqual([70n, 0n]);
    const { sqs, queueUrl: url, deps } = worker;
    const queueUrls = { critical: url, high: url, normal: url, low: url };
    const record = await worker.store.get('a');
    const again = { by: 'test', patch: { dies: false } };
    const outgoing = createOutgoing({ sqs, queueUrls });
    await redrive(record ? [record] : [], again, { ...deps, outgoing });
    await drain();
    expect(await statusOf('a')).toBe('COMPLETED');
    await settle('a', 'parent');
    expect([await standing('alice'), await earned()]).toEqual([[40n, 0n], 54n]);
  });

  it('makes its parent fail when that holds too little, and nobody is charged', async () => {
    await test.open({ alice: 100n });
    await worker.send(parent(50, part('a', 30), part('b', 21)));
    await worker.send(work('free', undefined, { children: [part('c', 1)] }));
    await drain();
    expect(await worker.store.get('parent')).toMatchObject({
      status: 'DEAD',
      error: {
        code: 'PARENT_HOLD_TOO_SMALL',
        message: 'enqueue: cost.amount: 21, but 20 are left of what this job holds',
      },
    });
    expect((await worker.store.get('free'))?.error?.code).toBe('NO_PARENT_HOLD');
    await worker.relay('parent', 'free');
    await drain();
    await settle('parent', 'free');
    expect([await statusOf('a'), await statusOf('c')]).toEqual([undefined, undefined]);
    expect(await standing('alice')).toEqual([100n, 0n]);
  });

  it.each([{}, { parentId: 'somebody' }])('is refused when no parent sent it %j', async (over) => {
    await test.open({ alice: 100n });
    await worker.send(part('a', 30, {}, over));
    await drain();
    expect(await worker.store.get('a')).toMatchObject({
      status: 'QUARANTINED',
      error: { code: 'NO_PARENT_HOLD', message: expect.stringMatching(/^cost\.from: /) },
    });
  });

  it('is paid by the payer, if that can, when what the parent held is gone', async () => {
    await test.open({ alice: 100n, bob: 0n });
    const inOrder = { group: 'children' };
    await worker.send(parent(100, part('a', 30, {}, inOrder), part('b', 40, {}, inOrder)));
    await drain();
    test.advance(15 * DAY_MS);
    const record = await worker.store.get('parent');
    if (record) await test.ledger.expire(holdIdOf(record));
    const gone = { id: 'gone', unit: UNIT, from: 'alice', to: 'bob', amount: 40n };
    await test.ledger.transfer(gone);
    await settle('parent');
    expect(await standing('alice')).toEqual([30n, 0n]);
    await worker.relay('parent');
    await drain();
    const statuses = [await statusOf('a'), await statusOf('b')];
    expect(statuses.sort()).toEqual(['COMPLETED', 'DEAD']);
    await settle('a', 'b', 'parent');
    expect(await standing('alice')).toEqual([0n, 0n]);
    const { error } = (await worker.store.get('b')) ?? {};
    expect(error?.message).toBe('exceeds_credits: alice has 0 of 40');
  });

  it('is paid from the allowance when that is what the parent held', async () => {
    await test.open({ alice: 100_000n });
    const busy = Array.from({ length: 60 }, (_, n) =>
      work(`p${n}`, { payer: 'alice', amount: 10 }, { children: [part(`c${n}`, 4)] }),
    );
    for (const each of busy) await worker.send(each);
    await drain();
    const parents = await Promise.all(busy.map(({ id }) => worker.store.get(id)));
    expect(parents.some((record) => record?.settlement?.final === false)).toBe(true);
    await worker.relay(...busy.map(({ id }) => id));
    await drain();
    const ids = busy.flatMap(({ id }) => [id, id.replace('p', 'c')]);
    await settle(...ids);
    await settle(...ids);
    expect((await standing('alice'))[0]).toBe(99_400n);
    for (const hold of new Set(parents.flatMap((record) => record?.settlement?.hold ?? [])))
      await test.ledger.release(hold);
    expect(await standing('alice')).toEqual([99_400n, 0n]);
  }, 60_000);
});
