/** What a plain job costs: requests counted in the SDK, units as DynamoDB reports them. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { startTableServer } from '#emulator/tables/tableServer.ts';
import { USD } from '#infra/monitoring/prices.ts';
import { createControlStore } from '#shared/control/dynamo/controlStore.ts';
import { createGate } from '#shared/control/gate.ts';
import { createChainStore } from '#shared/jobs/dynamo/chainStore.ts';
import { createFaultLog } from '#shared/jobs/dynamo/faultLog.ts';
import { createFlowStore } from '#shared/jobs/dynamo/flowStore.ts';
import { createGroupHalts } from '#shared/jobs/dynamo/groupHalts.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { createLimiter } from '#shared/jobs/dynamo/limiter.ts';
import { createTicks } from '#shared/jobs/dynamo/scheduleTicks.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import { createStepStore } from '#shared/jobs/dynamo/stepStore.ts';
import { createHttpClient } from '#shared/jobs/http/httpClient.ts';
import { kinds } from '#shared/jobs/kinds/index.ts';
import type { Delivery } from '#shared/jobs/ports/jobs.ts';
import { lazyBucket } from '#shared/jobs/s3/lazyBucket.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import { processBatch } from '#shared/jobs/worker/processBatch.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { systemClock, systemIds, systemRandom } from '#shared/kernel/ports.ts';
import { createJobsTable } from '../support/table.ts';
import { NO_ALLOCATOR, NO_HOSTS, NO_POOLS } from '../support/worker.ts';
import { type Counts, countDynamo, countSqs, noCounts } from './counts.ts';
import { createPeer, timed } from './peer.ts';
import { line, round, title } from './stats.ts';

const MILLION = 1e6;
const WORKER_GB = 0.5;
export const SIZE = 10;

const nothing = (): void => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export const deliveriesOf = (
  batch: number,
  size: number,
  queueUrl: string,
  { delayMs = 0, ...over }: { readonly delayMs?: number } & Readonly<Record<string, unknown>> = {},
): Delivery[] =>
  Array.from({ length: size }, (_, n) => ({
    messageId: `message-${size}-${delayMs}-${batch}-${n}`,
    receiptHandle: `handle-${n}`,
    queueUrl,
    priority: 'normal',
    group: `group-${n}`,
    body: JSON.stringify({ kind: 'echo', payload: { batch, n, delayMs }, ...over }),
    sentAt: Date.now(),
    receives: 1,
  }));

/** Beside what the worker asks: one send a job, one receive, one delete and one invocation a batch. */
const dollars = (counts: Counts, jobs: number, size: number, msPerJob: number): number => {
  const sqs = counts.sqs / jobs + 1 + 2 / size;
  const gigabyteSeconds = (msPerJob / 1_000) * WORKER_GB;
  const usd =
    (counts.units / jobs) * USD.writeUnit +
    sqs * USD.queueRequest +
    USD.invocation / size +
    gigabyteSeconds * USD.gigabyteSecond;
  return usd * MILLION;
};

export const openWorker = async () => {
  const [tables, queues] = await Promise.all([
    startTableServer(),
    startFauxqs({ port: 0, logger: false }),
  ]);
  const { queueUrl } = queues.createQueue('jobs.fifo', { attributes: { FifoQueue: 'true' } });
  const { client, table } = await createJobsTable(tables.endpoint);
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${queues.port}`,
    credentials,
  });
  const counts = noCounts();
  countDynamo(client, counts);
  countSqs(sqs, counts);
  const { blobs, workspaces } = lazyBucket('unused');
  const deps = {
    kinds,
    store: createJobStore({ client, table }),
    flows: createFlowStore({ client, table }),
    gate: createGate({
      store: createControlStore({ client, table }),
      clock: systemClock,
      logger: silent,
      freshMs: LIMITS.controlFreshMs,
      defaults: undefined,
    }),
    chains: createChainStore({ client, table }),
    faults: createFaultLog({ client, table }),
    groups: createGroupHalts({ client, table }),
    ticks: createTicks({ client, table }),
    pools: NO_POOLS,
    stepStore: createStepStore({ client, table }),
    signals: createSignalStore({ client, table }, createJobStore({ client, table })),
    allocator: NO_ALLOCATOR,
    hosts: NO_HOSTS,
    limiter: createLimiter({ client, table, clock: systemClock, random: systemRandom }),
    blobs,
    services: { workspaces, http: createHttpClient({ allow: [] }) },
    visibility: createVisibility(sqs),
    clock: systemClock,
    ids: systemIds,
    random: systemRandom,
    logger: silent,
    leaseSeconds: 60,
    retentionSeconds: 604_800,
    graceSeconds: 0,
  };
  const close = async (): Promise<void> => {
    client.destroy();
    sqs.destroy();
    await Promise.all([tables.stop(), queues.stop()]);
  };
  return { deps, counts, queueUrl, sqs, endpoint: tables.endpoint, close };
};

type World = Awaited<ReturnType<typeof openWorker>>;

const measure = async (
  { deps, counts, queueUrl }: World,
  { batches, size }: { readonly batches: number; readonly size: number },
) => {
  Object.assign(counts, noCounts());
  const began = performance.now();
  for (let batch = 0; batch < batches; batch += 1)
    await processBatch(deliveriesOf(batch, size, queueUrl), 'bench', () => 900_000, deps);
  const jobs = batches * size;
  const msPerJob = (performance.now() - began) / jobs;
  return {
    batchSize: size,
    jobs,
    dynamoRequests: round(counts.dynamo / jobs, 3),
    writeUnits: round(counts.units / jobs, 3),
    sqsRequests: round(counts.sqs / jobs, 3),
    usdPerMillion: round(dollars(counts, jobs, size, msPerJob), 2),
  };
};

/** What plain jobs ask of tables and queues, in batches of ten and one at a time. */
export const measurePlainJobs = async (batches: number) => {
  const world = await openWorker();
  try {
    return [
      await measure(world, { batches, size: SIZE }),
      await measure(world, { batches, size: 1 }),
    ] as const;
  } finally {
    await world.close();
  }
};

/** All that a plain job asks of tables and queues when it is sent, received and deleted by tens. */
export const requestsOfAJob = async (): Promise<number> => {
  const world = await openWorker();
  try {
    const { dynamoRequests, sqsRequests } = await measure(world, { batches: 10, size: SIZE });
    return dynamoRequests + sqsRequests + 3 / SIZE;
  } finally {
    await world.close();
  }
};

export const benchPrice = async (batches = 50) => {
  title('The price of a plain job');
  const world = await openWorker();
  try {
    const ofTens = { batches, size: SIZE };
    const first = [await measure(world, ofTens), await measure(world, { batches, size: 1 })];
    for (const { batchSize, dynamoRequests, writeUnits, sqsRequests, usdPerMillion } of first)
      line(
        `a job in a batch of ${batchSize}`,
        `${dynamoRequests} DynamoDB requests, ${writeUnits} write units, ${sqsRequests} SQS requests by the worker, US$ ${usdPerMillion} per million`,
      );
    const again = await measure(world, ofTens);
    line(
      'a duplicate',
      `${again.dynamoRequests} DynamoDB requests (one failed condition, no read)`,
    );
    return { first, duplicate: again };
  } finally {
    await world.close();
  }
};

const PEER_BATCHES = 40;

/** Beside Powertools, on the same table server, in the same process, with the same batches. */
export const benchPeer = async () => {
  title('Beside @aws-lambda-powertools/batch (FIFO) + idempotency, batches of 10');
  const { deps, counts, queueUrl, endpoint, close } = await openWorker();
  const results: Record<string, unknown> = {};
  for (const workMs of [0, 100]) {
    const peer = await createPeer(endpoint, workMs);
    const batchOf = (batch: number) => deliveriesOf(batch, SIZE, queueUrl, { delayMs: workMs });
    const theirs = await timed(PEER_BATCHES, SIZE, peer.counts, (batch) =>
      peer.run({ bodies: batchOf(batch) }),
    );
    const ours = await timed(PEER_BATCHES, SIZE, counts, (batch) =>
      processBatch(batchOf(batch), 'bench', () => 900_000, deps),
    );
    peer.close();
    for (const [who, { requests, units, sqs, batchMsP50, batchMsP99 }] of [
      ['ours', ours],
      ['peer', theirs],
    ] as const)
      line(
        `${who}, jobs of ${workMs} ms`,
        `${requests} requests, ${units} units, ${sqs} SQS requests a job; batch p50 ${batchMsP50} ms, p99 ${batchMsP99} ms`,
      );
    results[`${workMs} ms`] = { ours, theirs };
  }
  await close();
  return results;
};
