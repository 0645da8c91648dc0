import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chargeOf } from '#shared/billing/charge.ts';
import { holdIdOf } from '#shared/billing/jobCost.ts';
import { moneySteps } from '#shared/billing/moneyTrace.ts';
import type { HoldAllocator } from '#shared/billing/ports.ts';
import { settleCharge } from '#shared/billing/settleCharge.ts';
import { LEDGER_ACCOUNTS } from '#shared/contracts/ledger.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError } from '#shared/jobs/kinds/errors.ts';
import { cancelJob } from '#shared/jobs/operator/cancel.ts';
import { redrive } from '#shared/jobs/operator/redrive.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { DAY_MS, type TestLedger, UNIT } from '../support/ledger.ts';
import { endPaying, startPaying } from '../support/paying.ts';
import type { TestWorker } from '../support/worker.ts';

const tool = v.object({ amount: v.number(), dies: v.optional(v.boolean()) });

const KINDS = kindsOf([
  defineJob({
    kind: 'tool',
    payload: v.object({ dies: v.optional(v.boolean()) }),
    retry: { maxAttempts: 1 },
    run: ({ dies }) =>
      dies
        ? Promise.reject(new PermanentError('dies', { code: 'BROKE' }))
        : Promise.resolve('done'),
  }),
  /** Calls its tools one after another, or all at once, and tells how each call ended. */
  defineJob({
    kind: 'agent',
    payload: v.object({
      tools: v.array(tool),
      atOnce: v.optional(v.boolean(), false),
      dies: v.optional(v.boolean()),
    }),
    retry: { maxAttempts: 1 },
    run: async ({ tools, atOnce, dies }, { call, all }) => {
      const told = await all(
        [...tools.entries()],
        ([n, { amount, dies: toolDies }]) => {
          const cost = { from: 'parent', amount } as const;
          const given = { name: `tool ${n}`, envelope: { cost } };
          return call<string>('tool', { dies: toolDies }, given).catch(
            (error: { code: string }) => error.code,
          );
        },
        { concurrency: atOnce ? 9 : 1 },
      );
      if (dies) throw new PermanentError('dies');
      return told;
    },
  }),
  /** Calls an agent, which has a budget of its own out of this one's. */
  defineJob({
    kind: 'boss',
    payload: v.unknown(),
    retry: { maxAttempts: 1 },
    run: (_payload, { call }) => {
      const cost = { from: 'parent', amount: 5, budget: 20 } as const;
      const tools = [{ amount: 12 }, { amount: 14 }];
      return call('agent', { tools }, { name: 'agent', envelope: { cost } });
    },
  }),
]);

let test: TestLedger;
let worker: TestWorker;
let allocator: HoldAllocator;

beforeEach(async () => {
  ({ test, worker, allocator } = await startPaying(KINDS));
});
afterEach(() => endPaying(test, worker));

const send = (id: string, payload: object, cost: object = { amount: 10, budget: 50 }) =>
  worker.send({ kind: 'agent', id, payload, cost: { payer: 'alice', ...cost } }, id);
const rowOf = async (id: string) => (await worker.store.get(id)) as JobRecord;
const toolsOf = (id: string) => [0, 1, 2, 3].map((n) => `${id}.tool ${n}`);

/** What the settler does with the ends of these jobs; twice, because a queue delivers twice. */
const settle = async (...ids: string[]) => {
  const rows = await Promise.all([...ids, ...ids].map((id) => worker.store.get(id)));
  for (const row of rows) {
    const charge = row && isTerminal(row.status) ? chargeOf(row) : undefined;
    if (charge) expect((await settleCharge(charge, test.ledger)).code).toBe('exists');
  }
};
/** Worker and relay by turns, until the agent has ended. */
const play = async (id: string): Promise<JobRecord> => {
  for (let rounds = 0; rounds < 9; rounds += 1) {
    await worker.drain({ allocator });
    const row = await rowOf(id);
    if (isTerminal(row.status)) return row;
    await worker.tell({ calling: [row] });
    await worker.drain({ allocator });
    await worker.relay(...toolsOf(id));
  }
  return rowOf(id);
};
const standing = async (account: string) => {
  const { posted, held } = await test.ledger.balance({ unit: UNIT, account });
  return [posted, held];
};
const earned = async () =>
  ((await standing(LEDGER_ACCOUNTS.worker))[0] ?? 0n) +
  ((await standing(LEDGER_ACCOUNTS.operator))[0] ?? 0n);

describe('calls that are paid from what their caller holds', () => {
  it.each([
    ['the caller is settled first', (id: string) => [id, ...toolsOf(id)]],
    ['the called jobs are settled first', (id: string) => [...toolsOf(id), id]],
  ])('cost the payer what was used, and the rest goes back: %s', async (_name, order) => {
    await test.open({ alice: 100n });
    const id = 'agent';
    await send(id, { tools: [{ amount: 20 }, { amount: 15, dies: true }, { amount: 20 }] });
    await worker.drain({ allocator });
    expect(await standing('alice')).toEqual([100n, 60n]);
    const row = await play(id);
    expect(row).toMatchObject({
      status: 'COMPLETED',
      result: '["done","BROKE","done"]',
      settlement: { amount: '5' },
      shares: { amounts: ['20', '15', '20'] },
    });
    await settle(...order(id));
    // 5 are left for the agent: its tools took of its price when the budget was used up.
    expect(await standing('alice')).toEqual([55n, 0n]);
    expect(await earned()).toBe(45n);
  });

  it('stop when the budget is used up, and every later run is told the same', async () => {
    await test.open({ alice: 100n });
    const id = 'spender';
    const tools = [{ amount: 30 }, { amount: 31 }, { amount: 20 }, { amount: 11 }];
    await send(id, { tools });
    const row = await play(id);
    const over = 'BUDGET_EXCEEDED';
    expect(row).toMatchObject({
      status: 'COMPLETED',
      result: `["done","${over}","done","${over}"]`,
    });
    expect((await rowOf(`${id}.tool 1`)) as unknown).toBeUndefined();
    await settle(id, ...toolsOf(id));
    expect(await standing('alice')).toEqual([40n, 0n]);
    expect(await earned()).toBe(60n);
  });

  it('take no more than is held when they are made at once', async () => {
    await test.open({ alice: 100n });
    const id = 'crowd';
    await send(id, { atOnce: true, tools: [20, 30, 20, 10].map((amount) => ({ amount })) });
    const row = await play(id);
    expect(row.result).toBe('["done","done","BUDGET_EXCEEDED","done"]');
    await settle(id, ...toolsOf(id));
    expect([await standing('alice'), await earned()]).toEqual([[40n, 0n], 60n]);
  });

  it('take of the price where there is no budget, and an allowance does not do', async () => {
    await test.open({ alice: 10_000n });
    const many = Array.from({ length: 60 }, (_, n) => `busy ${n}`);
    for (const id of many) await send(id, { tools: [] }, { amount: 10 });
    await worker.drain({ allocator });
    await send('agent', { tools: [{ amount: 4 }] }, { amount: 10 });
    const row = await play('agent');
    expect(row).toMatchObject({
      result: '["done"]',
      settlement: { hold: holdIdOf(row), final: true },
    });
    await settle('agent', ...toolsOf('agent'), ...many);
    expect(await earned()).toBe(610n);
    const rows = await Promise.all(many.map(rowOf));
    const allowances = new Set(
      rows.flatMap(({ settlement }) => (settlement?.final ? [] : (settlement?.hold ?? []))),
    );
    expect(allowances.size).toBeGreaterThan(0);
    for (const hold of allowances) await test.ledger.release(hold);
    expect(await standing('alice')).toEqual([9_390n, 0n]);
  });

  it('may have a budget of their own, out of the budget of their caller', async () => {
    await test.open({ alice: 100n });
    const cost = { payer: 'alice', amount: 1, budget: 40 };
    await worker.send({ kind: 'boss', id: 'boss', payload: {}, cost }, 'boss');
    await worker.drain({ allocator });
    await worker.tell({ calling: [await rowOf('boss')] });
    const agent = await play('boss.agent');
    expect(agent).toMatchObject({
      result: '["done","BUDGET_EXCEEDED"]',
      settlement: { amount: '5' },
    });
    await worker.relay('boss.agent');
    const boss = await play('boss');
    expect(boss).toMatchObject({ status: 'COMPLETED', shares: { amounts: ['25'] } });
    await settle('boss.agent', 'boss', ...toolsOf('boss.agent'));
    expect([await standing('alice'), await earned()]).toEqual([[82n, 0n], 18n]);
  });

  it('are refused in a job that costs nothing', async () => {
    await worker.send({ kind: 'agent', id: 'free', payload: { tools: [{ amount: 1 }] } }, 'free');
    await worker.drain({ allocator });
    expect(await rowOf('free')).toMatchObject({ result: '["NO_PARENT_HOLD"]' });
  });

  it('keep their part when their caller dies, and when it is cancelled nothing is paid', async () => {
    await test.open({ alice: 60n, bob: 0n });
    await send('dies', { tools: [{ amount: 50 }], dies: true });
    const dead = await play('dies');
    expect(dead).toMatchObject({ status: 'DEAD', shares: { amounts: ['50'] } });
    await settle('dies', ...toolsOf('dies'));
    expect([await standing('alice'), await earned()]).toEqual([[10n, 0n], 50n]);
    await send('cancelled', { tools: [{ amount: 4 }] }, { amount: 5, budget: 5 });
    await worker.drain({ allocator });
    await cancelJob('cancelled', { by: 'ada', reason: 'enough' }, worker.deps);
    await worker.tell({ calling: [{ ...(await rowOf('cancelled')), status: 'WAITING' }] });
    await worker.relay('cancelled');
    await worker.drain({ allocator });
    expect((await rowOf('cancelled.tool 0')).status).toBe('CANCELLED');
    await settle('cancelled', ...toolsOf('cancelled'));
    expect([await standing('alice'), await earned()]).toEqual([[10n, 0n], 50n]);
  });

  it('that begin after the end of their caller are paid by the payer, if that can', async () => {
    await test.open({ alice: 60n });
    await send('dies', { tools: [{ amount: 50 }] });
    await worker.drain({ allocator });
    const row = await rowOf('dies');
    await worker.tell({ calling: [row] });
    const charge = chargeOf({ ...row, status: 'DEAD' });
    if (charge) await settleCharge(charge, test.ledger);
    expect(await standing('alice')).toEqual([60n, 0n]);
    await worker.drain({ allocator });
    await settle('dies.tool 0');
    expect([await standing('alice'), await earned()]).toEqual([[10n, 0n], 50n]);
  });

  it('that are made again after a redrive are paid from the new hold', async () => {
    await test.open({ alice: 100n });
    await send('again', { tools: [{ amount: 30 }, { amount: 20, dies: true }], dies: true });
    const dead = await play('again');
    await settle('again', ...toolsOf('again'));
    expect(await standing('alice')).toEqual([70n, 0n]);
    const { sqs, queueUrl: url, deps } = worker;
    const outgoing = createOutgoing({
      sqs,
      queueUrls: { critical: url, high: url, normal: url, low: url },
    });
    await redrive([dead], { by: 'test', patch: { dies: null } }, { ...deps, outgoing });
    for (let rounds = 0; rounds < 3; rounds += 1) {
      await worker.drain({ allocator });
      await worker.tell({ calling: [await rowOf('again')] });
      await worker.drain({ allocator });
      await worker.relay('again.tool 1~1');
    }
    const row = await rowOf('again');
    expect(row).toMatchObject({ status: 'COMPLETED', result: '["done","BROKE"]' });
    expect(row).toMatchObject({ settlement: { amount: '10' }, shares: { amounts: ['20'] } });
    await settle('again', 'again.tool 1~1');
    expect([await standing('alice'), await earned()]).toEqual([[60n, 0n], 40n]);
  });

  it('outlive the hold: after two weeks the payer pays, and no more than the budget', async () => {
    await test.open({ alice: 100n });
    await send('slow', { tools: [{ amount: 30 }, { amount: 31 }] });
    await worker.drain({ allocator });
    const row = await rowOf('slow');
    test.advance(15 * DAY_MS);
    await test.ledger.expire(holdIdOf(row));
    expect(await play('slow')).toMatchObject({ result: '["done","BUDGET_EXCEEDED"]' });
    await settle('slow', ...toolsOf('slow'));
    expect([await standing('alice'), await earned()]).toEqual([[60n, 0n], 40n]);
  });
});

it('the trace of a caller tells what it holds and what it gave away', async () => {
  await test.open({ alice: 100n });
  await send('told', { tools: [{ amount: 20 }] });
  const row = await play('told');
  await settle('told', ...toolsOf('told'));
  const reader = createLedgerReader(test.options);
  const texts = (await moneySteps(row, { reader })).map(({ text }) => text);
  expect(texts.map((text) => text.replaceAll(/job:told:\d+/g, 'JOB'))).toEqual([
    '60 CRD of alice held (JOB:0:hold)',
    '20 CRD of it kept for 1 called job',
    '9 from alice to sheratan:worker, 1 from alice to sheratan:operator (JOB:0); 30 CRD given back',
  ]);
});
