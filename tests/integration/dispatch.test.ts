import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { chargeOf } from '#shared/billing/charge.ts';
import { createHoldAllocator } from '#shared/billing/holdAllocator.ts';
import { moneySteps } from '#shared/billing/moneyTrace.ts';
import type { HoldAllocator } from '#shared/billing/ports.ts';
import { settleCharge } from '#shared/billing/settleCharge.ts';
import { LEDGER_ACCOUNTS } from '#shared/contracts/ledger.ts';
import type { Dispatcher } from '#shared/dispatch/ports.ts';
import { verifySignature } from '#shared/jobs/callbacks/signature.ts';
import { kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { dispatch } from '#shared/jobs/kinds/meshDispatch.ts';
import { redrive } from '#shared/jobs/operator/redrive.ts';
import { traceOf } from '#shared/jobs/record/trace.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { sha256 } from '#shared/kernel/json.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { createLedgerReader } from '#shared/ledger/dynamo/ledgerReader.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { auditOf, startLedger, type TestLedger, UNIT } from '../support/ledger.ts';
import { SECRET, startMesh, type TestMesh } from '../support/mesh.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

const kinds = kindsOf([dispatch, { ...dispatch, kind: 'planner', followUps: true }]);

let test: TestLedger;
let worker: TestWorker;
let mesh: TestMesh;
let allocator: HoldAllocator;
let started: TestHost[] = [];

beforeEach(async () => {
  started = [];
  test = await startLedger(inject('dynamoEndpoint'), 4);
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
  mesh = await startMesh(inject('dynamoEndpoint'), worker.clock);
  allocator = createHoldAllocator({
    ledger: test.ledger,
    clock: { now: test.now },
    ids: systemIds,
  });
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
const drain = (hosts: Dispatcher = mesh.hosts) => worker.drain({ allocator, hosts });
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
    expect(headers['webhook-id']).toBe(id);
    expect(verifySignature(headers, { secret: SECRET, body }, worker.clock.now())).toBe(true);
  });

  it.each(['日本-1', 'größe-1', ' spaced '])(
    'with the id "%s" is asked for by its hash',
    async (id) => {
      const running = await host('h1', price(0));
      await worker.send(job(undefined, { id }));
      await drain();
      expect(await worker.store.get(id)).toMatchObject({ status: 'COMPLETED', host: 'h1' });
      const [{ headers, body = '' } = expect.unreachable()] = running.asked;
      const key = sha256(id);
      expect(headers['idempotency-key']).toBe(key);
      expect(verifySignature(headers, { secret: SECRET, body }, worker.clock.now())).toBe(true);
    },
  );

  it('brings about no jobs that the host names, whatever its kind declares', async () => {
    const running = await host('h1', price(0));
    const new_jobs = [
      { kind: 'read_file', params: { path: 'secrets.env' } },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the original's templates look like this
      { kind: 'http.request', params: { url: 'https://example.org/', body: '${r.content}' } },
    ];
    const result = { action: 'create_followup_jobs', new_jobs };
    running.always({ status: 200, body: { result } });
    for (const [kind, why] of [
      ['mesh.dispatch', 'kind mesh.dispatch declares no followUps'],
      ['planner', 'the result is the word of host:h1'],
    ]) {
      const id = await worker.send(job(undefined, { kind }));
      await drain();
      const record = (await worker.store.get(id)) ?? expect.unreachable();
      expect(record).toMatchObject({ status: 'COMPLETED', result: JSON.stringify(result) });
      expect([record.children, record.childrenRef]).toEqual([undefined, undefined]);
      expect(await textsOf(id)).toContain(
        `attempt 1 completed; follow-up jobs refused: 2, since ${why}`,
      );
      await worker.relay(id);
      expect(await worker.receive()).toEqual([]);
    }
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

  it.each(['', '-'])('keeps what its host says of a failure (%j) whole', async (lead) => {
    const running = await host('h1', price(0));
    const message = `${lead}${'\u{1f600}'.repeat(600)}`;
    running.always({ status: 500, body: { error: { code: 'BROKEN', message } } });
    const id = await worker.send(job(undefined, { retry: { maxAttempts: 1 } }));
    await drain();
    const { status, history } = (await worker.store.get(id)) ?? expect.unreachable();
    expect(status).toBe('DEAD');
    const asked = history.filter(({ event }) => event === 'dispatched');
    expect(asked.map(({ note = '' }) => note.isWellFormed())).toEqual([true]);
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
    await worker.step({ allocator, hosts: mesh.hosts });
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

describe('whatever becomes of an attempt', () => {
  it('that died after the call: the next one gets the result from the same host', async () => {
    const running = await host('h1');
    await test.open({ alice: 100n });
    const id = await worker.send(job(100));
    const { store } = worker;
    const lost = { ...store, transition: () => Promise.reject(new Error('the worker died')) };
    await worker.step({ allocator, hosts: mesh.hosts, store: lost });
    expect(await store.get(id)).toMatchObject({ status: 'RUNNING', host: 'h1' });
    const cheaper = await host('cheaper', price(1));
    worker.clock.advance(120_000);
    await worker.ripen();
    await drain(mesh.another());
    expect(await store.get(id)).toMatchObject({ status: 'COMPLETED', attempt: 2, host: 'h1' });
    expect([running.ran, cheaper.ran]).toEqual([[id], []]);
    await settle(id);
    expect((await balance('host:h1')).posted).toBe(34n);
    expect(await balance('alice')).toEqual({ posted: 60n, held: 0n });
    expect((await textsOf(id)).filter((text) => text.includes('never reported'))).toHaveLength(1);
  });

  it('its slot lives as long as its lease, and a host that goes offline is left', async () => {
    const silent = await host('silent', price(10));
    const other = await host('other');
    silent.always('silent');
    await test.open({ alice: 100n });
    const id = await worker.send(job(100));
    const running = worker.step({ allocator, hosts: mesh.hosts, leaseSeconds: 1 });
    await expect.poll(() => silent.asked.length, { timeout: 20_000 }).toBe(1);
    const first = await mesh.until('silent', id);
    await expect
      .poll(() => mesh.until('silent', id), { timeout: 20_000 })
      .toBeGreaterThan(first ?? 0);
    await mesh.set('silent', 'offline');
    await running;
    expect(await worker.store.get(id)).toMatchObject({ status: 'COMPLETED', host: 'other' });
    expect([await mesh.held('silent'), await mesh.held('other')]).toEqual([[], []]);
    expect([silent.asked.length, other.ran.length]).toEqual([1, 1]);
  });

  it('that is over its time lets go of its slot, and costs nothing when it was the last', async () => {
    const silent = await host('silent');
    silent.always('silent');
    await test.open({ alice: 100n });
    const id = await worker.send(job(100, { timeoutSeconds: 1, retry: { maxAttempts: 1 } }));
    await drain();
    expect(await worker.store.get(id)).toMatchObject({
      status: 'DEAD',
      error: { code: 'TIMEOUT' },
    });
    expect(await mesh.held('silent')).toEqual([]);
    await settle(id);
    expect(await balance('alice')).toEqual({ posted: 100n, held: 0n });
  });

  it('what was drawn from an allowance in vain serves other jobs, or goes back', async () => {
    await host('h1', { ...price(40), concurrency: 10 });
    await test.open({ alice: 100_000n });
    const at = test.now();
    const rich = createHoldAllocator({
      ledger: test.ledger,
      clock: { now: () => at },
      ids: systemIds,
    });
    const ids: string[] = [];
    for (let n = 0; n < 60; n += 1) ids.push(await worker.send(job(100)));
    await worker.drain({ allocator: rich, hosts: mesh.hosts });
    const records = await Promise.all(ids.map((id) => worker.store.get(id)));
    const hold = records.find((record) => !record?.settlement?.final)?.settlement?.hold ?? '';
    expect(records.every((record) => record?.status === 'COMPLETED')).toBe(true);
    expect(hold).toMatch(/^allowance:/);
    await settle(...ids);
    test.advance(86_400_000);
    expect(await test.ledger.expire(hold)).toMatchObject({ code: 'created' });
    expect(await balance('alice')).toEqual({ posted: 100_000n - 60n * 40n, held: 0n });
  });

  it('and was put back by a person asks under another key: it is another run', async () => {
    const running = await host('h1');
    running.next({ status: 422, body: { error: { code: 'NO_SUCH_PAGE', message: 'page 1' } } });
    await test.open({ alice: 200n });
    const id = await worker.send(job(100));
    await drain();
    const dead = (await worker.store.get(id)) ?? expect.unreachable();
    const { queueUrl, sqs, deps } = worker;
    const queueUrls = { critical: queueUrl, high: queueUrl, normal: queueUrl, low: queueUrl };
    const outgoing = createOutgoing({ sqs, queueUrls });
    await redrive([dead], { by: 'ops' }, { ...deps, outgoing });
    await drain();
    expect(await worker.store.get(id)).toMatchObject({ status: 'COMPLETED', generation: 1 });
    expect(running.asked.map(({ headers }) => headers['idempotency-key'])).toEqual([id, `${id}:1`]);
  });
});
