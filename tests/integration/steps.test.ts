import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

/** What was done, in the order in which it was done. */
const done: string[] = [];
const did = <T>(what: string, result: T): T => {
  done.push(what);
  return result;
};

const order = defineJob({
  kind: 'order',
  payload: v.object({ seconds: v.number() }),
  run: async ({ seconds }, { step, sleep, jobId }) => {
    done.push(`run ${jobId}`);
    const paid = await step('charge', () => did('charge', { at: new Date(0) }));
    await sleep('cooling off', { seconds });
    const sent = await step('ship', () => did('ship', 'label'));
    await sleep('settling', { seconds });
    return { paid, sent };
  },
});

const plain = defineJob({
  kind: 'plain',
  payload: v.unknown(),
  run: () => Promise.resolve(did('plain', 1)),
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await startWorker(inject('dynamoEndpoint'), kindsOf([order, plain]));
});
afterAll(() => worker.stop());

describe('a job that sleeps between its steps', () => {
  it.each([
    ['with its message in the queue', 600],
    ['without a message', 86_400],
  ])('goes on where it stopped, %s', async (how, seconds) => {
    const id = `order ${how}`;
    done.length = 0;
    await worker.send({ kind: 'order', id, payload: { seconds } }, id.replaceAll(' ', '-'));
    for (const sleeps of ['cooling off', 'settling']) {
      const report = await worker.step();
      expect(report.dispositions).toMatchObject([{ as: 'waiting', id }]);
      const row = await worker.store.get(id);
      expect(row).toMatchObject({ status: 'WAITING', attempt: 0 });
      expect(row?.history.at(-1)).toMatchObject({ event: 'waiting', note: `sleep "${sleeps}"` });
      worker.clock.advance(seconds * 1_000);
      await worker.tick();
      await worker.ripen();
    }
    await worker.drain();
    const row = await worker.store.get(id);
    expect(row).toMatchObject({ status: 'COMPLETED', attempt: 1 });
    expect(JSON.parse(row?.result ?? '')).toEqual({
      paid: { at: '1970-01-01T00:00:00.000Z' },
      sent: 'label',
    });
    expect(done).toEqual([`run ${id}`, 'charge', `run ${id}`, 'ship', `run ${id}`]);
  });
});

describe('steps of an earlier job with the same id', () => {
  it('count for nothing', async () => {
    const id = 'again';
    const { client, table } = worker.table;
    await client.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: `JOB#${id}`, sk: 'STEP#charge' },
        UpdateExpression: 'SET #of = :of, #result = :result',
        ExpressionAttributeNames: { '#of': 'of', '#result': 'result' },
        ExpressionAttributeValues: { ':of': 'another message', ':result': '"wrong"' },
      }),
    );
    await worker.send({ kind: 'order', id, payload: { seconds: 0 } }, id);
    await worker.drain();
    const row = await worker.store.get(id);
    expect(JSON.parse(row?.result ?? '')).toMatchObject({ paid: { at: expect.any(String) } });
  });
});
