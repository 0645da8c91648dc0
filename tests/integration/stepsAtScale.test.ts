/** Ten thousand jobs that wait cost nothing; one job has a thousand steps. */
import { BatchWriteCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import { groupOf } from '#shared/jobs/envelope/message.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { chunksOf } from '#shared/kernel/batches.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

const JOBS = 10_000;
const STEPS = 1_000;
const MINUTE_MS = 60_000;
const TOGETHER = 25;
let done = 0;

const kinds = kindsOf([
  defineJob({
    kind: 'ask',
    payload: v.object({ days: v.optional(v.number()) }),
    run: (_payload, { waitFor }) => waitFor('word'),
  }),
  defineJob({
    kind: 'ask.inTime',
    payload: v.unknown(),
    run: (_payload, { waitFor }) => waitFor('word', { timeout: { days: 3 } }),
  }),
  defineJob({
    kind: 'long',
    payload: v.unknown(),
    run: async (_payload, { all, step, sleep }) => {
      const numbers = Array.from({ length: STEPS }, (_, n) => n);
      const each = (n: number) =>
        step(`step ${n}`, () => {
          done += 1;
          return n;
        });
      const results = await all(numbers, each);
      await sleep('night', { hours: 8 });
      return results.reduce((sum, n) => sum + n, 0);
    },
  }),
]);

/** The commands of the mesh, in order; of queries also how many items they read. */
let asked: string[] = [];
let read = 0;

interface Stack {
  add(
    middleware: (
      next: (args: object) => Promise<{ output: { Items?: unknown[]; ScannedCount?: number } }>,
      context: { readonly commandName?: string },
    ) => (args: object) => Promise<unknown>,
    options: { step: 'initialize' },
  ): void;
}

let worker: TestWorker;
beforeAll(async () => {
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
  for (const { middlewareStack } of [worker.table.client, worker.sqs])
    (middlewareStack as unknown as Stack).add(
      (next, { commandName = '' }) =>
        async (args) => {
          asked.push(commandName);
          const answer = await next(args);
          read += answer.output.Items?.length ?? 0;
          return answer;
        },
      { step: 'initialize' },
    );
});
afterAll(() => worker.stop());

const send = (kind: string, id: string) => worker.send({ kind, id, payload: {} }, groupOf({}, id));

/** What the mesh does in an hour: the timekeeper looks each minute, and the worker has no message. */
const passHour = async (): Promise<{ asked: readonly string[]; read: number }> => {
  [asked, read] = [[], 0];
  for (let minute = 0; minute < 60; minute += 1) {
    worker.clock.advance(MINUTE_MS);
    await worker.tick();
  }
  const [told, items] = [[...asked], read];
  expect(await worker.receive(), 'nothing is in the queue').toEqual([]);
  return { asked: told, read: items };
};

/** Rows as the worker left the row of this job, under other ids. */
const copyRow = async (id: string, copies: readonly string[]): Promise<void> => {
  const { client, table } = worker.table;
  const { Item } = await client.send(
    new GetCommand({ TableName: table, Key: { pk: `JOB#${id}`, sk: 'JOB' } }),
  );
  await mapPool([...chunksOf(copies, TOGETHER)], 8, async (some) => {
    const puts = some.map((copy) => {
      const envelope = JSON.stringify({ ...JSON.parse(Item?.['envelope']), id: copy });
      return { PutRequest: { Item: { ...Item, pk: `JOB#${copy}`, envelope } } };
    });
    const { UnprocessedItems } = await client.send(
      new BatchWriteCommand({ RequestItems: { [table]: puts } }),
    );
    expect(UnprocessedItems ?? {}).toEqual({});
  });
};

it(`${JOBS} jobs that wait for signals cost no request an hour`, async () => {
  const empty = await passHour();
  await send('ask', 'first');
  await send('ask.inTime', 'first in time');
  await worker.drain();
  const half = Array.from({ length: JOBS / 2 }, (_, n) => n);
  await copyRow(
    'first',
    half.map((n) => `ask ${n}`),
  );
  await copyRow(
    'first in time',
    half.map((n) => `in time ${n}`),
  );
  const full = await passHour();
  expect(full.asked).toEqual(empty.asked);
  expect(full.read).toBe(0);
  for (const id of ['ask 77', 'in time 4999']) {
    const signal = { name: 'word', id: 'x', data: '"go"', at: worker.clock.now(), by: 'ada' };
    await createSignalStore(worker.table, worker.store).send(id, signal);
    await worker.tell({ signalled: [{ id, name: 'word', signalId: 'x' }] });
    await worker.drain();
    expect(await worker.store.get(id)).toMatchObject({ status: 'COMPLETED', result: '"go"' });
  }
}, 120_000);

it(`a job of ${STEPS} steps keeps each by one request, and goes on with one query`, async () => {
  await send('long', 'long');
  [asked, done] = [[], 0];
  await worker.step();
  const puts = asked.filter((name) => name === 'PutItemCommand');
  expect(puts).toHaveLength(STEPS);
  expect(asked.filter((name) => name === 'QueryCommand')).toEqual([]);
  expect(await worker.store.get('long')).toMatchObject({ status: 'WAITING' });
  worker.clock.advance(8 * 60 * MINUTE_MS);
  await worker.tick();
  asked = [];
  await worker.drain();
  expect(asked.filter((name) => name === 'QueryCommand')).toHaveLength(1);
  expect(await worker.store.get('long')).toMatchObject({
    status: 'COMPLETED',
    result: String((STEPS * (STEPS - 1)) / 2),
  });
  expect(done).toBe(STEPS);
}, 120_000);
