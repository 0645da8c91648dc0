/** What features cost beside the plain job: requests and units of whole scenarios, without a fault. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { startFauxqs } from 'fauxqs';
import * as v from 'valibot';
import { startTableServer } from '#emulator/tables/tableServer.ts';
import { DUE_SHARDS } from '#shared/contracts/tables.ts';
import type { Control } from '#shared/control/state.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { RetryableError } from '#shared/jobs/kinds/errors.ts';
import type { HttpClient } from '#shared/jobs/ports/jobs.ts';
import { createWorld, type World } from '../support/world.ts';
import { countDynamo, countSqs, noCounts } from './counts.ts';
import { line, round, title } from './stats.ts';

const kinds = kindsOf([
  defineJob({
    kind: 'plain',
    payload: v.object({ failures: v.optional(v.number(), 0) }),
    retry: { baseSeconds: 1, jitter: 'none' },
    run: ({ failures }, { attempt }) =>
      attempt <= failures ? Promise.reject(new RetryableError('again')) : Promise.resolve(1),
  }),
  defineJob({
    kind: 'stepwise',
    payload: v.object({ steps: v.optional(v.number(), 0), seconds: v.optional(v.number(), 0) }),
    run: async ({ steps, seconds }, { step, sleep }) => {
      for (let n = 0; n < steps; n += 1) await step(`step ${n}`, () => ({ n }));
      if (seconds > 0) await sleep('rest', { seconds });
    },
  }),
  defineJob({
    kind: 'waiter',
    payload: v.object({ hours: v.optional(v.number()) }),
    run: (_payload, { waitFor }) => waitFor('word'),
  }),
  defineJob({
    kind: 'teller',
    payload: v.object({ to: v.string() }),
    run: ({ to }, { sendSignal }) => sendSignal(to, 'word', { by: 'bench' }),
  }),
]);

const http: HttpClient = {
  request: () => Promise.resolve({ status: 200, headers: {}, body: '', truncated: false }),
};

const JOBS = 50;
const ROUNDS_MAX = 60;

type Send = (world: World, n: number) => Promise<void>;
const job = (id: string, over: object = {}, payload: object = {}) => ({
  kind: 'plain',
  id,
  payload,
  ...over,
});

/** Each beside as many plain jobs as it brings along. */
const FEATURES: Readonly<
  Record<string, { send: Send; plain: number; control?: Partial<Control> }>
> = {
  'plain job': { plain: 0, send: (world, n) => world.send(job(`a${n}`), `a${n}`) },
  'a retry': {
    plain: 1,
    send: (world, n) => world.send(job(`a${n}`, {}, { failures: 1 }), `a${n}`),
  },
  'a dependency': {
    plain: 2,
    send: async (world, n) => {
      await world.send(job(`b${n}`, { dependsOn: [`a${n}`] }), `b${n}`);
      await world.send(job(`a${n}`), `a${n}`);
    },
  },
  'a delay': {
    plain: 1,
    send: (world, n) => world.send(job(`a${n}`, { delaySeconds: 60 }), `a${n}`),
  },
  'a rate limit, not reached': {
    plain: 1,
    control: { limits: { s: { perMinute: 100_000, burst: 1_000 } } },
    send: (world, n) => world.send(job(`a${n}`, { source: 's' }), `a${n}`),
  },
  'a rate limit, made to wait': {
    plain: 1,
    control: { limits: { s: { perMinute: 60 } } },
    send: (world, n) => world.send(job(`a${n}`, { source: 's' }), `a${n}`),
  },
  'a concurrency limit': {
    plain: 1,
    control: { limits: { s: { concurrency: 100 } } },
    send: (world, n) => world.send(job(`a${n}`, { source: 's' }), `a${n}`),
  },
  '10 steps': {
    plain: 1,
    send: (world, n) =>
      world.send({ kind: 'stepwise', id: `a${n}`, payload: { steps: 10 } }, `a${n}`),
  },
  'a sleep of a minute': {
    plain: 1,
    send: (world, n) =>
      world.send({ kind: 'stepwise', id: `a${n}`, payload: { seconds: 60 } }, `a${n}`),
  },
  'a sleep of half an hour': {
    plain: 1,
    send: (world, n) =>
      world.send({ kind: 'stepwise', id: `a${n}`, payload: { seconds: 1_800 } }, `a${n}`),
  },
  'a wait for a signal, and a delayed job that sends it': {
    plain: 2,
    send: async (world, n) => {
      await world.send({ kind: 'waiter', id: `a${n}`, payload: {} }, `a${n}`);
      const teller = { kind: 'teller', id: `b${n}`, payload: { to: `a${n}` } };
      await world.send({ ...teller, runAt: new Date(world.now() + 90_000).toISOString() }, `b${n}`);
    },
  },
  'a callback': {
    plain: 1,
    send: (world, n) =>
      world.send(job(`a${n}`, { callback: { url: 'http://example.org' } }), `a${n}`),
  },
};

/** By job, without the share of Lambda's pollers. */
interface Asked {
  readonly requests: number;
  /** Write units. */
  readonly units: number;
  readonly sqs: number;
}

/** What each feature asks for on top of its plain jobs; the first one is the plain job itself. */
export const measureFeatures = async (): Promise<Readonly<Record<string, Asked>>> => {
  const [tables, server] = await Promise.all([
    startTableServer(),
    startFauxqs({ port: 0, logger: false }),
  ]);
  server.createBucket('data');
  const measure = async (send: Send, control?: Partial<Control>) => {
    const counts = noCounts();
    const world = await createWorld({
      kinds,
      http,
      server,
      dynamoEndpoint: tables.endpoint,
      plan: () => undefined,
      still: true,
      observe: (client: DynamoDBDocumentClient, sqs: SQSClient) => {
        countDynamo(client, counts);
        countSqs(sqs, counts);
      },
      ...(control && { control }),
    });
    for (let n = 0; n < JOBS; n += 1) await send(world, n);
    // The timekeeper looks once a minute whatever there is: what it finds here is not the jobs'.
    const came = await world.settle(ROUNDS_MAX);
    await world.close();
    if (!came) throw new Error('the bench did not come to rest');
    return {
      requests: (counts.dynamo - world.ticks() * DUE_SHARDS) / JOBS,
      units: counts.units / JOBS,
      sqs: counts.sqs / JOBS,
    };
  };
  const results: Record<string, Asked> = {};
  let base: Asked = { requests: 0, units: 0, sqs: 0 };
  for (const [name, { send, plain, control }] of Object.entries(FEATURES)) {
    const all = await measure(send, control);
    const extra = {
      requests: round(all.requests - plain * base.requests, 2),
      units: round(all.units - plain * base.units, 2),
      sqs: round(all.sqs - plain * base.sqs, 2),
    };
    if (plain === 0) base = all;
    results[name] = extra;
  }
  await Promise.all([tables.stop(), server.stop()]);
  return results;
};

export const benchFeatures = async () => {
  title('The price of features, each on top of its plain jobs');
  const results = await measureFeatures();
  for (const [name, { requests, units, sqs }] of Object.entries(results))
    line(name, `${requests} DynamoDB requests, ${units} units, ${sqs} SQS requests`);
  return results;
};
