/** Job queues → the handlers of the jobs. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { kinds } from '#kinds';
import { documentClient, dynamoClient, sqsClient } from '#shared/aws/clients.ts';
import { HOSTS_ENV, LEDGER_ENV, QUEUE_ENV } from '#shared/contracts/functions.ts';
import { POOLS_ENV, pools, queuesIn } from '#shared/contracts/pools.ts';
import { WORKER_ENV } from '#shared/contracts/worker.ts';
import { createControlStore } from '#shared/control/dynamo/controlStore.ts';
import { createGate } from '#shared/control/gate.ts';
import { limits } from '#shared/control/limits.ts';
import { createChainStore } from '#shared/jobs/dynamo/chainStore.ts';
import { createFaultLog } from '#shared/jobs/dynamo/faultLog.ts';
import { createFlowStore } from '#shared/jobs/dynamo/flowStore.ts';
import { createGroupHalts } from '#shared/jobs/dynamo/groupHalts.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { lazySignalStore, lazyStepStore } from '#shared/jobs/dynamo/lazyStepStore.ts';
import { createLimiter } from '#shared/jobs/dynamo/limiter.ts';
import { createTicks } from '#shared/jobs/dynamo/scheduleTicks.ts';
import { lazyHttp } from '#shared/jobs/http/lazyHttp.ts';
import { lazyBucket } from '#shared/jobs/s3/lazyBucket.ts';
import { batchResponse, deliveriesOf } from '#shared/jobs/sqs/deliveries.ts';
import { createPoolRouter } from '#shared/jobs/sqs/poolRouter.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import { processBatch } from '#shared/jobs/worker/processBatch.ts';
import { anyText, list, positiveInteger, readEnv, text, wholeNumber } from '#shared/kernel/env.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { systemClock, systemIds, systemRandom } from '#shared/kernel/ports.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { schemasOf } from '#shared/runtime/schemas.ts';
import { lazyDispatcher } from '#shared/wiring/lazyDispatcher.ts';
import { lazyHoldAllocator } from '#shared/wiring/lazyHoldAllocator.ts';
import { lazyLinks } from '#shared/wiring/lazyLinks.ts';
import { catchLeftBehind } from './leftBehind.ts';
import { reportBatch } from './reportBatch.ts';

const env = readEnv({
  table: [WORKER_ENV.jobsTable, text],
  bucket: [WORKER_ENV.dataBucket, text],
  leaseSeconds: [WORKER_ENV.leaseSeconds, positiveInteger],
  outboundAllow: [WORKER_ENV.outboundAllow, list],
  retentionSeconds: [WORKER_ENV.retentionSeconds, positiveInteger],
  graceSeconds: [WORKER_ENV.graceSeconds, wholeNumber],
  defaultLimits: [WORKER_ENV.defaultLimits, limits],
  ledgerTable: [LEDGER_ENV.table, text],
  ledgerLanes: [LEDGER_ENV.lanes, positiveInteger],
  hostsTable: [HOSTS_ENV.table, text],
  probesUrl: [HOSTS_ENV.probesUrl, text],
  hostSecret: [WORKER_ENV.hostSecret, text],
  critical: [QUEUE_ENV.critical, text],
  high: [QUEUE_ENV.high, text],
  normal: [QUEUE_ENV.normal, text],
  low: [QUEUE_ENV.low, text],
  pools: [POOLS_ENV, pools],
  signalUrl: [WORKER_ENV.signalUrl, anyText],
  signalSecret: [WORKER_ENV.signalSecret, anyText],
  pool: [WORKER_ENV.pool, anyText],
  runSecondsMax: [WORKER_ENV.runSecondsMax, positiveInteger],
});

const dynamo = dynamoClient();
const jobs = { client: documentClient(dynamo), table: env.table };
const bucket = lazyBucket(env.bucket);
const http = lazyHttp({ allow: env.outboundAllow });
const telemetry = createTelemetry('worker');
const schemas = schemasOf(
  dynamo,
  { jobs: env.table, ledger: env.ledgerTable, hosts: env.hostsTable },
  telemetry,
);
const report = reportBatch(telemetry);
const sqs = sqsClient();
const deps = {
  kinds,
  pools: createPoolRouter({
    sqs,
    queueUrls: env,
    pools: env.pools,
    pool: env.pool,
    runSecondsMax: env.runSecondsMax,
  }),
  store: createJobStore(jobs),
  flows: createFlowStore(jobs),
  faults: createFaultLog(jobs),
  gate: createGate({
    store: createControlStore(jobs),
    clock: systemClock,
    logger: telemetry.log,
    freshMs: LIMITS.controlFreshMs,
    defaults: env.defaultLimits.value,
  }),
  chains: createChainStore(jobs),
  groups: createGroupHalts(jobs),
  ticks: createTicks(jobs),
  stepStore: lazyStepStore(jobs),
  signals: lazySignalStore(jobs),
  links: lazyLinks({ url: env.signalUrl, secretId: env.signalSecret, logger: telemetry.log }),
  allocator: lazyHoldAllocator({
    client: dynamo,
    table: env.ledgerTable,
    lanes: env.ledgerLanes,
    logger: telemetry.log,
  }),
  hosts: lazyDispatcher({
    table: env.hostsTable,
    probesUrl: env.probesUrl,
    secretId: env.hostSecret,
    jobs,
    http,
    logger: telemetry.log,
  }),
  limiter: createLimiter({ ...jobs, clock: systemClock, random: systemRandom }),
  blobs: bucket.blobs,
  services: {
    workspaces: bucket.workspaces,
    http,
  },
  visibility: createVisibility(sqs),
  clock: systemClock,
  ids: systemIds,
  random: systemRandom,
  logger: telemetry.log,
  leaseSeconds: env.leaseSeconds,
  retentionSeconds: env.retentionSeconds,
  graceSeconds: env.graceSeconds,
};

const queues = queuesIn(env.pool, env);
const listen = catchLeftBehind(telemetry.log);

export const handler = chain<SQSEvent, SQSBatchResponse>(
  telemetry,
  schemas,
  async (event, context) => {
    listen();
    const deliveries = deliveriesOf(event, queues);
    const remainingMs = () => context.getRemainingTimeInMillis();
    const batch = report(await processBatch(deliveries, context.awsRequestId, remainingMs, deps));
    return batchResponse(event, batch.returned);
  },
);
