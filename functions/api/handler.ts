/** Signed HTTP requests → jobs. */
import type {
  APIGatewayProxyStructuredResultV2,
  LambdaFunctionURLEventWithIAMAuthorizer,
} from 'aws-lambda';
import { documentClient, dynamoClient, sqsClient } from '#shared/aws/clients.ts';
import { API_ENV, QUEUE_ENV } from '#shared/contracts/functions.ts';
import { POOLS_ENV, pools } from '#shared/contracts/pools.ts';
import { answerApi } from '#shared/jobs/api/answer.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { apiRequestOf, urlResultOf } from '#shared/jobs/http/functionUrl.ts';
import { lazyBucket } from '#shared/jobs/s3/lazyBucket.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import { readEnv, text } from '#shared/kernel/env.ts';
import { systemClock, systemIds } from '#shared/kernel/ports.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { schemasOf } from '#shared/runtime/schemas.ts';

const env = readEnv({
  table: [API_ENV.jobsTable, text],
  bucket: [API_ENV.dataBucket, text],
  critical: [QUEUE_ENV.critical, text],
  high: [QUEUE_ENV.high, text],
  normal: [QUEUE_ENV.normal, text],
  low: [QUEUE_ENV.low, text],
  pools: [POOLS_ENV, pools],
});

const telemetry = createTelemetry('api');
const dynamo = dynamoClient();
const schemas = schemasOf(dynamo, { jobs: env.table }, telemetry);
const sqs = sqsClient();
const deps = {
  store: createJobStore({ client: documentClient(dynamo), table: env.table }),
  outgoing: createOutgoing({ sqs, queueUrls: env, pools: env.pools }),
  blobs: lazyBucket(env.bucket).blobs,
  visibility: createVisibility(sqs),
  clock: systemClock,
  ids: systemIds,
  logger: telemetry.log,
};

export const handler = chain<
  LambdaFunctionURLEventWithIAMAuthorizer,
  APIGatewayProxyStructuredResultV2
>(telemetry, schemas, async (event) => urlResultOf(await answerApi(apiRequestOf(event), deps)));
