/** Each minute → due jobs, late dependants, expired holds, lagging lanes, a trial balance. */
import type { ScheduledEvent } from 'aws-lambda';
import { documentClient, dynamoClient, sqsClient } from '#shared/aws/clients.ts';
import { LEDGER_ENV, QUEUE_ENV, TIMEKEEPER_ENV } from '#shared/contracts/functions.ts';
import { POOLS_ENV, pools } from '#shared/contracts/pools.ts';
import { createDueReader } from '#shared/jobs/dynamo/jobReader.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { keepTime } from '#shared/jobs/flow/timekeeper.ts';
import { lazyBucket } from '#shared/jobs/s3/lazyBucket.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { positiveInteger, readEnv, text } from '#shared/kernel/env.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { laneOfMinute, trialDifference } from '#shared/ledger/audit/trialBalance.ts';
import { sweepLanes } from '#shared/ledger/read/projectEntries.ts';
import { expireHolds } from '#shared/ledger/write/expireHolds.ts';
import { chain, createTelemetry } from '#shared/runtime/chain.ts';
import { reportTick } from '#shared/runtime/meshTelemetry.ts';
import { schemasOf } from '#shared/runtime/schemas.ts';
import { openLedger } from '#shared/wiring/openLedger.ts';

const env = readEnv({
  table: [TIMEKEEPER_ENV.jobsTable, text],
  bucket: [TIMEKEEPER_ENV.dataBucket, text],
  critical: [QUEUE_ENV.critical, text],
  high: [QUEUE_ENV.high, text],
  normal: [QUEUE_ENV.normal, text],
  low: [QUEUE_ENV.low, text],
  pools: [POOLS_ENV, pools],
  ledgerTable: [LEDGER_ENV.table, text],
  ledgerLanes: [LEDGER_ENV.lanes, positiveInteger],
});

const telemetry = createTelemetry('timekeeper');
const dynamo = dynamoClient();
const schemas = schemasOf(dynamo, { jobs: env.table, ledger: env.ledgerTable }, telemetry);
const jobs = { client: documentClient(dynamo), table: env.table };
const deps = {
  store: createJobStore(jobs),
  due: createDueReader(jobs),
  blobs: lazyBucket(env.bucket).blobs,
  outgoing: createOutgoing({ sqs: sqsClient(), queueUrls: env, pools: env.pools }),
  clock: systemClock,
  logger: telemetry.log,
};

const system = openLedger({
  client: dynamo,
  table: env.ledgerTable,
  lanes: env.ledgerLanes,
  logger: telemetry.log,
});

export const handler = chain<ScheduledEvent, void>(telemetry, schemas, async () => {
  const [kept, expired, { lag }, difference] = await Promise.all([
    keepTime(deps),
    expireHolds(system, systemClock),
    sweepLanes(system.lanes, system),
    trialDifference(laneOfMinute(system.lanes, systemClock.now()), system),
  ]);
  reportTick(telemetry, { kept, expired, lag, difference });
});
