import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createJobReader } from '#shared/jobs/dynamo/jobReader.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError } from '#shared/jobs/kinds/errors.ts';
import { type RedriveOptions, redrive, selects } from '#shared/jobs/operator/redrive.ts';
import { traceOf } from '#shared/jobs/record/trace.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

const ran: unknown[] = [];
const kinds = kindsOf([
  defineJob({
    kind: 'test',
    payload: v.object({ good: v.boolean(), n: v.number() }),
    run: ({ good, n }) => {
      ran.push(n);
      return good
        ? Promise.resolve(n)
        : Promise.reject(new PermanentError('not good', { code: 'BAD' }));
    },
  }),
]);

let worker: TestWorker;

beforeEach(async () => {
  ran.length = 0;
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
});
afterEach(() => worker.stop());

const again = async (ids: readonly string[], options: Partial<RedriveOptions> = {}) => {
  const { queueUrl, sqs, deps } = worker;
  const queueUrls = { critical: queueUrl, high: queueUrl, normal: queueUrl, low: queueUrl };
  const records = await Promise.all(ids.map((id) => worker.store.get(id)));
  const outgoing = createOutgoing({ sqs, queueUrls });
  return redrive(
    records.flatMap((record) => record ?? []),
    { by: 'ops', ...options },
    { ...deps, outgoing },
  );
};

const bad = (n: number, over: object = {}) => ({
  kind: 'test',
  payload: { good: false, n },
  ...over,
});

describe('redrive', () => {
  it('runs dead jobs again: patched, in the order of their group, counters fresh, origin kept', async () => {
    const ids: string[] = [];
    for (const n of [1, 2, 3]) ids.push(await worker.send(bad(n), 'g'));
    await worker.drain();
    const report = await again([...ids].reverse(), { patch: { good: true } });
    expect(report).toEqual({ redriven: ids, refused: [] });
    await worker.drain();
    expect(ran).toEqual([1, 2, 3, 1, 2, 3]);
    for (const id of ids)
      expect(await worker.store.get(id)).toMatchObject({
        status: 'COMPLETED',
        attempt: 1,
        generation: 1,
        errors: [{ code: 'BAD' }],
      });
  });

  it('tells in the trace who put it back, why, and that its payload is another', async () => {
    const id = await worker.send(bad(1));
    await worker.drain();
    await again([id], { patch: { good: true }, reason: 'ticket 7' });
    const record = (await worker.store.get(id)) ?? expect.unreachable();
    const texts = traceOf(record).map(({ text }) => text);
    expect(texts).toContain('put back by ops: with a changed payload; ticket 7');
  });

  it('keeps a large patch for the next redrive, in place of the body that was kept before', async () => {
    const id = await worker.send(bad(1));
    await worker.drain();
    await again([id], { patch: { n: 7, pad: 'x'.repeat(40_000) } });
    await worker.drain();
    await again([id]);
    await worker.drain();
    expect(ran).toEqual([1, 7, 7]);
  });

  it('spaces them out when asked to', async () => {
    const ids = [await worker.send(bad(1)), await worker.send(bad(2))];
    await worker.drain();
    await again(ids, { perSecond: 0.1 });
    const decisions = await worker.drain();
    expect(decisions.map(({ as }) => as).sort()).toEqual(['dead', 'early']);
  });

  it('survives being cut short after the row: the timekeeper sends what was not sent', async () => {
    const id = await worker.send(bad(1));
    await worker.drain();
    const record = await worker.store.get(id);
    const broken = { send: () => Promise.reject(new Error('cut short')) };
    const deps = { ...worker.deps, outgoing: broken };
    const order = { by: 'ops', patch: { good: true } };
    await expect(redrive([record ?? expect.unreachable()], order, deps)).rejects.toThrow(
      'cut short',
    );
    expect(await worker.tick()).toEqual({ sent: 1, failed: 0 });
    await worker.drain();
    expect(await worker.store.get(id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('puts a flow back as it was: what waited for a dead job waits again', async () => {
    await worker.send(bad(2, { id: 'b', dependsOn: ['a'] }));
    await worker.drain();
    await worker.send(bad(1, { id: 'a' }));
    await worker.drain();
    await worker.relay('a');
    const report = await again(['b', 'a'], { patch: { good: true } });
    expect(report.refused).toEqual([]);
    await worker.drain();
    expect(await worker.store.get('b')).toMatchObject({ status: 'WAITING' });
    await worker.relay('a');
    await worker.drain();
    expect(ran).toEqual([1, 1, 2]);
  });

  it('leaves alone what it cannot put back, and says why', async () => {
    const noJson = await worker.send('not json');
    const noKind = await worker.send({ kind: 'nobody' });
    const fine = await worker.send({ kind: 'test', payload: { good: true, n: 1 } });
    await worker.drain();
    const { redriven, refused } = await again([noJson, noKind, fine]);
    expect(redriven).toEqual([]);
    expect(Object.fromEntries(refused.map(({ id, code }) => [id, code]))).toEqual({
      [noJson]: 'NOT_JSON',
      [noKind]: 'UNKNOWN_KIND',
      [fine]: 'NOT_ENDED',
    });
  });

  it('fixes what was refused', async () => {
    const id = await worker.send({ kind: 'test', payload: { good: 'yes', n: 1 } });
    await worker.drain();
    expect(await worker.store.get(id)).toMatchObject({ status: 'QUARANTINED' });
    await again([id], { patch: { good: true } });
    await worker.drain();
    expect(await worker.store.get(id)).toMatchObject({ status: 'COMPLETED' });
    const reader = createJobReader(worker.table);
    expect(await reader.attention('QUARANTINED', 10)).toEqual([]);
  });

  it('selects by what jobs have in common', async () => {
    const id = await worker.send(bad(1, { source: 's' }));
    await worker.drain();
    const record = (await worker.store.get(id)) ?? expect.unreachable();
    expect(selects({ kind: 'test', source: 's', errorCode: 'BAD' }, record)).toBe(true);
    for (const filter of [{ kind: 'x' }, { source: 'x' }, { errorCode: 'x' }, { until: 1 }])
      expect(selects(filter, record)).toBe(false);
  });
});
