/** Stream of the Jobs table → what follows from the ends of jobs, from calls and from signals. */
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { documentClient, dynamoClient, sqsClient } from '#shared/aws/clients.ts';
import { createCharges } from '#shared/billing/sqs/postingsQueue.ts';
import { QUEUE_ENV, RELAY_ENV } from '#shared/contracts/functions.ts';
import { POOLS_ENV, pools } from '#shared/contracts/pools.ts';
import { createFlowStore } from '#shared/jobs/dynamo/flowStore.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import { streamedChanges } from '#shared/jobs/dynamo/streamed.ts';
import { relay } from '#shared/jobs/flow/relay.ts';
import { lazyBucket } from '#shared/jobs/s3/lazyBucket.ts';
import { createAnnouncements } from '#shared/jobs/sqs/announcements.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import { readEnv, text } from '#shared/kernel/env.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { schemasOf } from '#shared/runtime/schemas.ts';
import { relayInOrder } from './relayInOrder.ts';

const env = readEnv({
  table: [RELAY_ENV.jobsTable, text],
  bucket: [RELAY_ENV.dataBucket, text],
  resultsUrl: [RELAY_ENV.resultsUrl, text],
  postingsUrl: [RELAY_ENV.postingsUrl, text],
  critical: [QUEUE_ENV.critical, text],
  high: [QUEUE_ENV.high, text],
  normal: [QUEUE_ENV.normal, text],
  low: [QUEUE_ENV.low, text],
  pools: [POOLS_ENV, pools],
});

const telemetry = createTelemetry('relay');
const dynamo = dynamoClient();
const schemas = schemasOf(dynamo, { jobs: env.table }, telemetry);
const jobs = { client: documentClient(dynamo), table: env.table };
const sqs = sqsClient();
const store = createJobStore(jobs);
const deps = {
  store,
  signals: createSignalStore(jobs, store),
  visibility: createVisibility(sqs),
  flows: createFlowStore(jobs),
  blobs: lazyBucket(env.bucket).blobs,
  outgoing: createOutgoing({ sqs, queueUrls: env, pools: env.pools }),
  announcements: createAnnouncements(sqs, env.resultsUrl),
  charges: createCharges(sqs, env.postingsUrl),
  clock: systemClock,
  logger: telemetry.log,
};

export const handler = chain<DynamoDBStreamEvent, DynamoDBBatchResponse>(
  telemetry,
  schemas,
  (event) => relayInOrder(streamedChanges(event), (streamed) => relay(streamed, deps), telemetry),
);
