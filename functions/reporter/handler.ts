/** results.fifo → the callback URLs of ended jobs. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { documentClient, dynamoClient, sqsClient } from '#shared/aws/clients.ts';
import { REPORTER_ENV } from '#shared/contracts/functions.ts';
import { freshSecrets } from '#shared/jobs/callbacks/cachedSecrets.ts';
import { reportEnd } from '#shared/jobs/callbacks/deliver.ts';
import { createDeliveryLog } from '#shared/jobs/dynamo/deliveryLog.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { createHttpClient } from '#shared/jobs/http/httpClient.ts';
import { lazyBucket } from '#shared/jobs/s3/lazyBucket.ts';
import { announcementOf } from '#shared/jobs/sqs/announcements.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import { list, readEnv, text } from '#shared/kernel/env.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { systemClock, systemRandom } from '#shared/kernel/ports.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { schemasOf } from '#shared/runtime/schemas.ts';
import { reportAll } from './reportAll.ts';

const env = readEnv({
  table: [REPORTER_ENV.jobsTable, text],
  bucket: [REPORTER_ENV.dataBucket, text],
  resultsUrl: [REPORTER_ENV.resultsUrl, text],
  outboundAllow: [REPORTER_ENV.outboundAllow, list],
  callbackSecret: [REPORTER_ENV.callbackSecret, text],
});

const telemetry = createTelemetry('reporter');
const dynamo = dynamoClient();
const schemas = schemasOf(dynamo, { jobs: env.table }, telemetry);
const jobs = { client: documentClient(dynamo), table: env.table };
const deps = {
  store: createJobStore(jobs),
  blobs: lazyBucket(env.bucket).blobs,
  http: createHttpClient({ allow: env.outboundAllow }),
  log: createDeliveryLog(jobs),
  secrets: freshSecrets({
    // Loaded by the first callback, so that a cold start does not wait for this client.
    open: async () =>
      (await import('#shared/jobs/secretsManager/openSecrets.ts')).openSecrets(env.callbackSecret),
    clock: systemClock,
    logger: telemetry.log,
    freshMs: LIMITS.secretFreshMs,
  }),
  clock: systemClock,
  random: systemRandom,
  logger: telemetry.log,
};
const visibility = createVisibility(sqsClient());

export const handler = chain<SQSEvent, SQSBatchResponse>(telemetry, schemas, (event) =>
  reportAll(event.Records, env.resultsUrl, telemetry, visibility, (record) =>
    reportEnd(
      announcementOf(record),
      Number(record.attributes.SentTimestamp),
      Number(record.attributes.ApproximateReceiveCount),
      deps,
    ),
  ),
);
