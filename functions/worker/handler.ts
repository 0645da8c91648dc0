/** SQS FIFO → jobs. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { METRICS_SERVICE } from '#shared/contracts/metrics.ts';
import { WORKER_ENV, WORKER_QUEUE_ENV } from '#shared/contracts/worker.ts';
import { createJobStore } from '#shared/jobs/dynamo/store.ts';
import { createHttpClient } from '#shared/jobs/http/client.ts';
import { kinds } from '#shared/jobs/kinds/index.ts';
import { runBatch } from '#shared/jobs/runBatch.ts';
import { lazyBucket } from '#shared/jobs/s3/lazy.ts';
import { batchResponse, deliveriesOf } from '#shared/jobs/sqs/records.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import { list, positiveInteger, readEnv, text } from '#shared/kernel/env.ts';
import { systemClock, systemIds, systemRandom } from '#shared/kernel/ports.ts';
import { reportBatch } from '#shared/runtime/batchTelemetry.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { documentClient, sqsClient } from '#shared/runtime/clients.ts';

const env = readEnv({
  table: [WORKER_ENV.jobsTable, text],
  bucket: [WORKER_ENV.dataBucket, text],
  leaseSeconds: [WORKER_ENV.leaseSeconds, positiveInteger],
  outboundAllow: [WORKER_ENV.outboundAllow, list],
  critical: [WORKER_QUEUE_ENV.critical, text],
  high: [WORKER_QUEUE_ENV.high, text],
  normal: [WORKER_QUEUE_ENV.normal, text],
  low: [WORKER_QUEUE_ENV.low, text],
});

const bucket = lazyBucket(env.bucket);
const telemetry = createTelemetry(METRICS_SERVICE);
const report = reportBatch(telemetry);
const deps = {
  kinds,
  store: createJobStore({ client: documentClient(), table: env.table }),
  blobs: bucket.blobs,
  services: {
    workspaces: bucket.workspaces,
    http: createHttpClient({ allow: env.outboundAllow }),
  },
  visibility: createVisibility(sqsClient()),
  clock: systemClock,
  ids: systemIds,
  random: systemRandom,
  logger: telemetry.log,
  leaseSeconds: env.leaseSeconds,
};

export const handler = chain<SQSEvent, SQSBatchResponse>(telemetry, async (event, context) => {
  const deliveries = deliveriesOf(event, env);
  const remainingMs = () => context.getRemainingTimeInMillis();
  const batch = report(await runBatch(deliveries, context.awsRequestId, remainingMs, deps));
  return batchResponse(batch.returned);
});
