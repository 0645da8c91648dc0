import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chargeOf } from '#shared/billing/charge.ts';
import { createHoldAllocator } from '#shared/billing/holdAllocator.ts';
import { chargeIdOf, holdIdOf } from '#shared/billing/jobCost.ts';
import type { HoldAllocator } from '#shared/billing/ports.ts';
import { reconcile, settleAgain } from '#shared/billing/reconcile.ts';
import { settleCharge } from '#shared/billing/settleCharge.ts';
import { LEDGER_ACCOUNTS } from '#shared/contracts/ledger.ts';
import { createJobReader } from '#shared/jobs/dynamo/jobReader.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { type TestLedger, UNIT } from '../support/ledger.ts';
import { endPaying, startPaying } from '../support/paying.ts';
import { exportTable, restoreTable, type TableExport } from '../support/tableExports.ts';
import type { TestWorker } from '../support/worker.ts';

let test: TestLedger;
let worker: TestWorker;
let allocator: HoldAllocator;

beforeEach(async () => {
  ({ test, worker, allocator } = await startPaying());
});
afterEach(() => endPaying(test, worker));

const job = (id: string, amount: number, payload: object = {}) => ({
  kind: 'work',
  id,
  payload,
  cost: { payer: 'alice', amount },
});
const part = (id: string, amount: number, payload: object = {}) => ({
  kind: 'work',
  id,
  payload,
  cost: { from: 'parent', amount },
});
const drain = () => worker.drain({ allocator });
const recordOf = async (id: string) => {
  const record = await worker.store.get(id);
  if (!record) throw new Error(`no job ${id}`);
  return record;
};
const settle = async (...ids: string[]): Promise<void> => {
  for (const id of ids) {
    const charge = chargeOf(await recordOf(id));
    if (charge) await settleCharge(charge, test.ledger);
  }
};
const ended = async (...ids: string[]): Promise<void> => {
  await drain();
  await worker.relay(...ids);
  await drain();
};
const moment = (): Promise<TableExport> => exportTable(test.options.raw, test.options.table);
const restore = (to: TableExport) => restoreTable(test.options.raw, to);
const look = (since?: number) =>
  reconcile({
    jobs: createJobReader(worker.table).priced(),
    reader: createLedgerReader(test.options),
    lanes: test.lanes,
    since,
  });
const found = async () => (await look()).unsettled.map(({ job: id, is }) => `${id} ${is}`).sort();
const fix = async () => settleAgain((await look()).unsettled, test.ledger);
const standing = async (account: string) => {
  const { posted, held } = await test.ledger.balance({ unit: UNIT, account });
  return [posted, held];
};
const everyone = () =>
  Promise.all(
    ['alice', LEDGER_ACCOUNTS.worker, LEDGER_ACCOUNTS.operator, LEDGER_ACCOUNTS.receivable].map(
      standing,
    ),
  );

describe('a ledger that was restored to an earlier moment', () => {
  it('learns of every job that ended since, and ends as if nothing was lost', async () => {
    await test.open({ alice: 1_000n });
    await worker.send(job('before', 10));
    await drain();
    await settle('before');
    await worker.send(job('paid', 20));
    await worker.send(job('dead', 30, { dies: true }));
    await drain();
    // Both are held by now, neither is settled.
    const then = await moment();
    await worker.send(job('after', 40));
    await worker.send(job('dead-after', 50, { dies: true }));
    await drain();
    await settle('paid', 'dead', 'after', 'dead-after');
    expect(await found()).toEqual([]);
    const whole = await everyone();
    await restore(then);
    expect(await found()).toEqual(['after unpaid', 'dead held', 'paid unpaid']);
    expect(await fix()).toEqual([]);
    expect(await found()).toEqual([]);
    expect(await everyone()).toEqual(whole);
    await settle('before', 'paid', 'dead', 'after', 'dead-after');
    expect(await everyone()).toEqual(whole);
  });

  it.each([
    ['before its parent ran', 'start'],
    ['before either was settled', 'unsettled'],
    ['when only its parent was settled', 'parent'],
  ])('pays parts of a parent once, restored to %s', async (_when, at) => {
    await test.open({ alice: 1_000n });
    const moments: Record<string, TableExport> = { start: await moment() };
    const children = [part('lives', 30), part('dies', 20, { dies: true }), part('more', 5)];
    await worker.send(job('parent', 100, { children }));
    await ended('parent');
    moments['unsettled'] = await moment();
    await settle('parent');
    moments['parent'] = await moment();
    await settle('lives', 'dies', 'more');
    const whole = await everyone();
    const then = moments[at];
    if (then) await restore(then);
    expect(await fix()).toEqual([]);
    expect([await found(), await everyone()]).toEqual([[], whole]);
  });

  it('collects what an allowance paid that it has forgotten', async () => {
    await test.open({ alice: 100_000n });
    const then = await moment();
    const ids = Array.from({ length: 60 }, (_, n) => `many-${n}`);
    for (const id of ids) await worker.send(job(id, 10));
    // However long it takes to run them, they come in one moment: that is what an allowance is for.
    const now = test.now();
    const clock = { now: () => now };
    await worker.drain({
      allocator: createHoldAllocator({ ledger: test.ledger, clock, ids: systemIds }),
    });
    expect((await recordOf('many-59')).settlement?.final).toBe(false);
    await settle(...ids);
    await restore(then);
    expect(await found()).toHaveLength(60);
    expect(await fix()).toEqual([]);
    expect(await standing('alice')).toEqual([99_400n, 0n]);
  });

  it('says what it cannot settle, and owes the mesh nothing for it', async () => {
    await test.open({ alice: 100n });
    const then = await moment();
    await test.open({ bob: 100n });
    await worker.send({ ...job('new', 10), cost: { payer: 'bob', amount: 10 } });
    await drain();
    await settle('new');
    await restore(then);
    expect(await fix()).toMatchObject([{ code: 'account_not_found' }]);
    await test.open({ bob: 100n });
    expect(await fix()).toEqual([]);
    expect(await standing('bob')).toEqual([90n, 0n]);
  });
});

describe('jobs that were restored to an earlier moment', () => {
  const jobsThen = () => exportTable(test.options.raw, worker.table.table);

  it('leave payments for which there is no job: named, until they are taken back', async () => {
    await test.open({ alice: 100n });
    const began = test.now();
    const then = await jobsThen();
    await worker.send(job('forgotten', 40));
    await drain();
    await settle('forgotten');
    const charge = chargeIdOf(await recordOf('forgotten'));
    expect((await look(began)).unaccounted).toEqual([]);
    await restoreTable(test.options.raw, then);
    expect(await look(began)).toMatchObject({
      unsettled: [],
      unaccounted: [{ transfer: charge, payer: 'alice', amount: 40n }],
    });
    expect((await look(test.now() + 1)).unaccounted).toEqual([]);
    await test.ledger.reverse(charge);
    expect((await look(began)).unaccounted).toEqual([]);
  });

  it('run again when their messages come back, and are paid once', async () => {
    await test.open({ alice: 100n });
    await worker.send(job('again', 40));
    const [delivery] = await worker.receive();
    const then = await jobsThen();
    await worker.run(delivery ? [delivery] : [], { allocator });
    await settle('again');
    const whole = await everyone();
    await restoreTable(test.options.raw, then);
    // Its message was taken before the table was lost, and had not been deleted yet.
    await worker.run(delivery ? [delivery] : [], { allocator });
    const record = await recordOf('again');
    expect(record.status).toBe('COMPLETED');
    await settle('again');
    expect(await everyone()).toEqual(whole);
    expect(await test.ledger.find(holdIdOf(record))).toMatchObject({ state: 'posted' });
  });
});
