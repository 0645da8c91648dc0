import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { LEDGER_ACCOUNTS } from '#shared/contracts/ledger.ts';
import type { Dispatcher } from '#shared/hosts/dispatchPorts.ts';
import { verifySignature } from '#shared/jobs/callback.ts';
import { holdIdOf } from '#shared/jobs/cost.ts';
import { kindsOf } from '#shared/jobs/defineJob.ts';
import { dispatch } from '#shared/jobs/kinds/dispatch.ts';
import type { Purse } from '#shared/jobs/money.ts';
import { traceOf } from '#shared/jobs/trace.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { chargeOf } from '#shared/ledger/charges.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/reader.ts';
import { createPurse } from '#shared/ledger/purse.ts';
import { settleCharge } from '#shared/ledger/settle.ts';
import { moneySteps } from '#shared/ledger/trace.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { SECRET, startMesh, type TestMesh } from '../support/mesh.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

const kinds = kindsOf([dispatch]);

let test: TestLedger;
let worker: TestWorker;
let mesh: TestMesh;
let purse: Purse;
let started: TestHost[] = [];

beforeEach(async () => {
  started = [];
  test = await startLedger(inject('dynamoEndpoint'), 4);
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
  mesh = await startMesh(inject('dynamoEndpoint'), worker.clock);
  purse = createPurse({ ledger: test.ledger, clock: { now: test.now }, ids: systemIds }, holdIdOf);
});
afterEach(async () => {
  const { problem } = await auditOf(test);
  await Promise.all([worker.stop(), ...started.map((each) => each.stop())]);
  expect(problem).toBeUndefined();
});

const price = (amount: number) => ({ capabilities: [{ kind: 'render', price: amount }] });

const host = async (id: string, definition: object = price(40)): Promise<TestHost> => {
  const running = await startTestHost();
  started.push(running);
  await mesh.add(id, running.endpoint, definition);
  return running;
};

const job = (amount: number | undefined, over: object = {}, task: object = {}) => ({
  kind: 'mesh.dispatch',
  payload: { kind: 'render', input: { page: 1 }, ...task },
  ...(amount !== undefined && { cost: { payer: 'alice', amount } }),
  ...over,
});
const drain = (hosts: Dispatcher = mesh.hosts) => worker.drain({ purse, hosts });
const textsOf = async (id: string) =>
  traceOf((await worker.store.get(id)) ?? expect.unreachable()).map(({ text }) => text);

/** What the relay and the settler do with the ends of these jobs. */
const settle = async (...ids: string[]) => {
  const before = worker.charged.length;
  await worker.relay(...ids);
  const charges = worker.charged.slice(before).flatMap((record) => chargeOf(record) ?? []);
  return Promise.all(charges.map((charge) => settleCharge(charge, test.ledger)));
};
const balance = async (account: string) => {
  const { posted, held } = await test.ledger.balance({ unit: UNIT, account });
  return { posted, held };
};

describe('a job for the mesh', () => {
  it('is done by a host, which is paid its price; the rest goes back', async () => {
    const running = await host('h1');
    await test.open({ alice: 1_000n });
    const id = await worker.send(job(100));
    await drain();
    const record = (await worker.store.get(id)) ?? expect.unreachable();
    expect(record).toMatchObject({
      status: 'COMPLETED',
      attempt: 1,
      host: 'h1',
      result: '{"kind":"render","input":{"page":1}}',
    });
    await settle(id);
    await settle(id);
    // A host of which nothing is known yet: 10 % and a fifth of what it may fail.
    expect(record.settlement).toMatchObject({ payee: 'host:h1', amount: '40', marginPpm: 130_333 });
    expect(await balance('alice')).toEqual({ posted: 960n, held: 0n });
    expect(await balance('host:h1')).toEqual({ posted: 34n, held: 0n });
    expect(await balance(LEDGER_ACCOUNTS.operator)).toEqual({ posted: 6n, held: 0n });
    expect(running.ran).toEqual([id]);
    expect(await mesh.held('h1')).toEqual([]);
    expect(await textsOf(id)).toContain('host h1 asked to run it, for 40 CRD: done');
    const money = await moneySteps(record, { reader: createLedgerReader(test.options) });
    expect(money.at(-1)?.text).toMatch(/^34 from alice to host:h1, 6 .*; 60 CRD given back$/);
  });

  it('tells the host who asks, for how long, and proves it', async () => {
    const running = await host('h1');
    await test.open({ alice: 100n });
    const id = await worker.send(job(100, { timeoutSeconds: 60 }));
    await drain();
    const [call] = running.asked;
    const { headers, body = '' } = call ?? expect.unreachable();
    expect(JSON.parse(body)).toEqual({ jobId: id, kind: 'render', attempt: 1, input: { page: 1 } });
    expect(headers).toMatchObject({ 'idempotency-key': id, 'sheratan-attempt': '1' });
    expect(Number(headers['sheratan-deadline']) - worker.clock.now()).toBeGreaterThan(50_000);
    const signature = String(headers['sheratan-signature']);
    expect(verifySignature(signature, { secret: SECRET, id, body }, worker.clock.now())).toBe(true);
  });

  it('that costs nothing uses free hosts only', async () => {
    const dear = await host('dear', price(1));
    const free = await host('free', price(0));
    const id = await worker.send(job(undefined));
    await drain();
    expect(await worker.store.get(id)).toMatchObject({ status: 'COMPLETED', host: 'free' });
    expect((await worker.store.get(id))?.settlement).toBeUndefined();
    expect([dear.ran.length, free.ran.length]).toEqual([0, 1]);
  });

  it('with a cost may be done for nothing: all of it goes back', async () => {
    await host('free', price(0));
    await test.open({ alice: 100n });
    const id = await worker.send(job(100));
    await drain();
    await settle(id);
    expect(await balance('alice')).toEqual({ posted: 100n, held: 0n });
  });

  it('waits, without spending an attempt, while no host can take it, and says why', async () => {
    await host('dear', price(500));
    await host('off');
    await mesh.set('off', 'offline');
    await test.open({ alice: 100n });
    const id = await worker.send(job(100));
    await drain();
    expect(await worker.store.get(id)).toMatchObject({ status: 'SCHEDULED', attempt: 0 });
    expect((await textsOf(id)).at(-1)).toContain(
      'no host for render now: 1 too dear, 1 not online (it pays at most 100 CRD)',
    );
    await mesh.set('off', 'online');
    worker.clock.advance(60_000);
    await worker.ripen();
    await drain();
    await settle(id);
    expect(await balance('alice')).toEqual({ posted: 60n, held: 0n });
  });

  it('is given up when its deadline passed and there was never a host', async () => {
    await test.open({ alice: 100n });
    const id = await worker.send(job(100, { deadlineSeconds: 30 }));
    await drain();
    worker.clock.advance(60_000);
    await worker.ripen();
    await drain();
    expect(await worker.store.get(id)).toMatchObject({
      status: 'DEAD',
      error: { code: 'NO_HOST', message: 'no host can run render; its deadline is over' },
    });
    await settle(id);
    expect(await balance('alice')).toEqual({ posted: 100n, held: 0n });
  });

  it('is dead when the host refuses it, and costs nothing', async () => {
    const running = await host('h1');
    running.next({ status: 422, body: { error: { code: 'NO_SUCH_PAGE', message: 'page 1' } } });
    await test.open({ alice: 100n });
    const id = await worker.send(job(100));
    await drain();
    expect(await worker.store.get(id)).toMatchObject({
      status: 'DEAD',
      error: { code: 'NO_SUCH_PAGE', message: 'h1: page 1' },
    });
    await settle(id);
    expect(await balance('alice')).toEqual({ posted: 100n, held: 0n });
    expect(await mesh.held('h1')).toEqual([]);
  });
});

describe('a host that fails', () => {
  it.each([
    ['busy', { status: 503, headers: { 'retry-after': '1' } }, 0],
    ['broken', { status: 500 }, 0],
    ['full', { status: 429 }, 0],
    ['strange', { status: 200, body: 7 }, 0],
  ] as const)('because it is %s is left for another one in the same attempt', async (...row) => {
    const [, answer, reported] = row;
    const cheap = await host('cheap', price(10));
    const other = await host('other');
    cheap.always(answer);
    await test.open({ alice: 100n });
    const id = await worker.send(job(100));
    await drain();
    expect(await worker.store.get(id)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
    expect([cheap.asked.length, other.ran.length]).toEqual([1, 1]);
    expect(mesh.suspects).toHaveLength(reported);
    await settle(id);
    expect((await balance('host:other')).posted).toBe(34n);
    expect((await balance('host:cheap')).posted).toBe(0n);
  });

  it('because it is dead is reported, and not asked again before its state is newer', async () => {
    const cheap = await host('cheap', price(10));
    await host('other');
    await cheap.stop();
    await test.open({ alice: 100n });
    for (const name of ['first', 'second']) {
      await worker.send(job(50, { id: name }));
      await drain();
      expect(await worker.store.get(name)).toMatchObject({ status: 'COMPLETED', host: 'other' });
    }
    expect(mesh.suspects).toMatchObject([{ kind: 'suspect', host: 'cheap', shard: '60-0' }]);
  });

  it('to answer is asked again, for it has done the job: once', async () => {
    const cheap = await host('cheap', price(10));
    const other = await host('other');
    cheap.next('answer lost', 'answer lost');
    await test.open({ alice: 100n });
    const id = await worker.send(job(100));
    await drain();
    expect(await worker.store.get(id)).toMatchObject({ status: 'COMPLETED', host: 'cheap' });
    expect([cheap.ran, cheap.asked.length, other.asked.length]).toEqual([[id], 3, 0]);
  });

  it('after it was found offline gets nothing, although the view is older', async () => {
    const running = await host('h1');
    await test.open({ alice: 200n });
    await worker.send(job(100));
    await drain();
    await mesh.set('h1', 'offline');
    const id = await worker.send(job(100));
    await drain();
    expect(await worker.store.get(id)).toMatchObject({ status: 'SCHEDULED' });
    expect(running.asked).toHaveLength(1);
  });

  it('in every way spends an attempt, and the next ones find another', async () => {
    const bad = await host('bad', price(1));
    bad.always({ status: 500 });
    await test.open({ alice: 100n });
    const id = await worker.send(job(100));
    await worker.step({ purse, hosts: mesh.hosts });
    expect(await worker.store.get(id)).toMatchObject({
      status: 'RETRYING',
      error: { code: 'HOSTS_FAILED', message: 'bad: answered 500' },
    });
    await host('good');
    worker.clock.advance(60_000);
    await worker.ripen();
    await drain();
    expect(await worker.store.get(id)).toMatchObject({ status: 'COMPLETED', attempt: 2 });
    await settle(id);
    expect((await balance('host:good')).posted).toBe(34n);
  });
});
