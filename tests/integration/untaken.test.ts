import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createDueReader } from '#shared/jobs/dynamo/jobReader.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import type { Envelope } from '#shared/jobs/envelope/envelope.ts';
import { relay as relayStreamed } from '#shared/jobs/flow/relay.ts';
import { keepTime } from '#shared/jobs/flow/timekeeper.ts';
import { kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError } from '#shared/jobs/kinds/errors.ts';
import { redrive } from '#shared/jobs/operator/redrive.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { type Behaviour, notedKind } from '../support/testKind.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

let behave: Behaviour;
const ran: unknown[] = [];
let worker: TestWorker;

const kinds = kindsOf([notedKind(ran, () => behave)]);

beforeEach(async () => {
  behave = (payload) => Promise.resolve(payload);
  ran.length = 0;
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
});
afterEach(() => worker.stop());

const job = (payload: unknown, over: object = {}) => ({ kind: 'test', payload, ...over });
const get = (id: string) => worker.store.get(id);

/** The relay's and the timekeeper's queues; that of low jobs is gone. */
const outgoing = () => {
  const { sqs, queueUrl } = worker;
  const missing = queueUrl.replace('jobs.fifo', 'missing.fifo');
  const queueUrls = { critical: queueUrl, high: queueUrl, normal: queueUrl, low: missing };
  return createOutgoing({ sqs, queueUrls });
};
const relay = async (...ids: string[]) => {
  const ended = await Promise.all(ids.map(get));
  const nowhere = { announce: () => Promise.resolve(), send: () => Promise.resolve() };
  const signals = createSignalStore(worker.table, worker.store);
  const deps = {
    ...worker.deps,
    signals,
    outgoing: outgoing(),
    announcements: nowhere,
    charges: nowhere,
  };
  await relayStreamed({ ended: ended.flatMap((record) => record ?? []) }, deps);
};
const parentOf = async (...children: Envelope[]): Promise<string> => {
  behave = (_payload, { enqueue }) => {
    for (const child of children) enqueue(child);
    return Promise.resolve('done');
  };
  const id = `parent-${ran.length}`;
  await worker.send(job('parent', { id }));
  await worker.drain();
  behave = (payload) => Promise.resolve(payload);
  return id;
};

const ODD = 'a\u0001\ufffe\uffff\u{1f600}ü';

describe('children of a job', () => {
  it('reach their handlers whole, whatever characters they have', async () => {
    const parent = await parentOf({ kind: 'test', id: 'odd', payload: { [ODD]: ODD } });
    await relay(parent);
    await worker.drain();
    expect(ran).toEqual(['parent', { [ODD]: ODD }]);
    expect(await get('odd')).toMatchObject({ status: 'COMPLETED' });
  });

  it('that no queue takes are quarantined by name; the others of theirs and of others run', async () => {
    const first = await parentOf(
      { kind: 'test', id: 'homeless', payload: 2, priority: 'low' },
      { kind: 'test', id: 'fine', payload: 3 },
    );
    const second = await parentOf({ kind: 'test', id: 'other', payload: 4 });
    await relay(first, second);
    await relay(first, second);
    await worker.drain();
    expect(ran.slice(2).sort()).toEqual([3, 4]);
    expect(await get('homeless')).toMatchObject({
      status: 'QUARANTINED',
      kind: 'test',
      error: { code: 'QUEUE_REFUSED', message: expect.stringContaining('QueueDoesNotExist') },
      envelope: expect.stringContaining('"payload":2'),
    });
  });

  it('that the bucket lost are told, and hold up nobody', async () => {
    const many = Array.from({ length: 40 }, () => ({ kind: 'test', payload: 'x'.repeat(300) }));
    const parent = await parentOf(...many);
    const deps = worker.deps as { blobs: TestWorker['blobs'] };
    const { blobs } = deps;
    deps.blobs = { ...blobs, get: () => Promise.resolve(undefined) };
    await relay(parent);
    deps.blobs = blobs;
    expect(await get(`${parent}.children`)).toMatchObject({
      status: 'QUARANTINED',
      error: { code: 'CHILDREN_GONE', message: expect.stringContaining(parent) },
    });
  });
});

describe('a job that the table holds', () => {
  const kept = ['homeless', 'fine'] as const;
  const far = { delaySeconds: 86_400 };

  it('is dead when its queue will not have it back; those with it go', async () => {
    await worker.send(job(1, { id: 'homeless', ...far }));
    await worker.send(job(2, { id: 'fine', ...far }));
    await worker.drain();
    // As if it had come by another queue.
    const record = (await get('homeless')) ?? expect.unreachable();
    await worker.store.change(record, {
      to: 'SCHEDULED',
      set: { priority: 'low', updatedAt: record.updatedAt + 1 },
      remove: [],
    });
    worker.clock.advance(86_400_000);
    const due = createDueReader(worker.table);
    await keepTime({ ...worker.deps, outgoing: outgoing(), due });
    await worker.drain();
    expect(ran).toEqual([2]);
    expect((await Promise.all(kept.map(get))).map((each) => each?.status)).toEqual([
      'DEAD',
      'COMPLETED',
    ]);
    expect(await get('homeless')).toMatchObject({
      error: { code: 'QUEUE_REFUSED' },
      envelope: expect.any(String),
    });
  });

  it('is told as refused by redrive, and dead again with the reason; the others go', async () => {
    behave = () => Promise.reject(new PermanentError('no'));
    await worker.send(job(1, { id: 'homeless' }));
    await worker.send(job(2, { id: 'fine' }));
    await worker.drain();
    behave = (payload) => Promise.resolve(payload);
    const records = await Promise.all(kept.map(get));
    const moved = records.flatMap((record) => record ?? []);
    const [homeless] = moved as [(typeof moved)[0]];
    await worker.store.change(homeless, {
      to: 'DEAD',
      set: { priority: 'low', updatedAt: homeless.updatedAt + 1 },
      remove: [],
    });
    const now = await Promise.all(kept.map(get));
    const report = await redrive(
      now.flatMap((record) => record ?? []),
      { by: 'ops', patch: { odd: ODD } },
      { ...worker.deps, outgoing: outgoing() },
    );
    expect(report).toMatchObject({
      redriven: ['fine'],
      refused: [{ id: 'homeless', code: 'QueueDoesNotExist' }],
    });
    await worker.drain();
    expect(ran.at(-1)).toEqual({ odd: ODD });
    expect(await get('homeless')).toMatchObject({
      status: 'DEAD',
      error: { code: 'QUEUE_REFUSED' },
    });
  });
});
