/**
 * The relay: acts on the ends of jobs in the table's stream. Jobs without dependants, children,
 * callback or cost never start it.
 */
import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { CHILDREN_PREFIX, RAW_PREFIX } from '#shared/contracts/bucket.ts';
import { RELAY_ENV, RELAY_TIMEOUT_SECONDS } from '#shared/contracts/functions.ts';
import { TERMINAL } from '#shared/contracts/jobs.ts';
import { SIGNAL_PREFIX } from '#shared/contracts/tables.ts';
import { concurrencyOf } from '../../concurrency.ts';
import type { Config } from '../../config.ts';
import { FailureQueue } from '../stores/failureQueue.ts';
import { grantItems, grantObjects } from '../stores/grants.ts';
import type { JobQueues } from '../stores/jobQueues.ts';
import { ServiceFunction } from './serviceFunction.ts';

export interface RelayProps {
  readonly config: Config;
  readonly assetDir: string;
  readonly table: dynamodb.TableV2;
  readonly bucket: s3.Bucket;
  readonly queues: JobQueues;
  readonly results: sqs.Queue;
  readonly postings: sqs.Queue;
}

const PRESENT = { S: [{ exists: true }] };

/** Fields of a row that give the relay something to do at the job's end. */
const WORTHWHILE = [
  { dependants: { BOOL: [true] } },
  { $or: [{ children: PRESENT }, { childrenRef: PRESENT }] },
  { callback: PRESENT },
  { cost: { M: { payer: PRESENT } } },
];

/** What the relay acts on before a job's end: calls, the cancellation of a caller, races, signals. */
const WAITS = {
  $or: [
    { sk: { S: ['JOB'] }, status: { S: ['WAITING'] }, calls: PRESENT },
    { sk: { S: ['JOB'] }, status: { S: ['WAITING'] }, callsRef: PRESENT },
    { sk: { S: ['JOB'] }, status: { S: ['CANCELLED'] }, awaiting: PRESENT },
    { sk: { S: ['JOB'] }, dropped: PRESENT },
    { sk: { S: [{ prefix: SIGNAL_PREFIX }] }, signalId: PRESENT },
  ],
};

/** A mapping takes five filters at most. */
const filters = [
  ...WORTHWHILE.map((field) => ({ sk: { S: ['JOB'] }, status: { S: [...TERMINAL] }, ...field })),
  WAITS,
].map((NewImage) => lambda.FilterCriteria.filter({ dynamodb: { NewImage } }));

/** The function on the stream of the Jobs table, with a queue for what it gives up. */
export class Relay extends Construct {
  constructor(scope: Construct, id: string, props: RelayProps) {
    super(scope, id);
    const { config, table, bucket, queues, results, postings } = props;
    const { fn } = new ServiceFunction(this, 'Relay', {
      config,
      name: `sheratan-${config.stage}-relay`,
      assetDir: props.assetDir,
      description: 'Releases dependants, sends children, hands out postings and results',
      timeout: Duration.seconds(RELAY_TIMEOUT_SECONDS),
      memoryMb: 256,
      environment: {
        [RELAY_ENV.jobsTable]: table.tableName,
        [RELAY_ENV.dataBucket]: bucket.bucketName,
        [RELAY_ENV.resultsUrl]: results.queueUrl,
        [RELAY_ENV.postingsUrl]: postings.queueUrl,
        ...queues.environment,
      },
    });
    const failures = new FailureQueue(this, 'Failures', {
      queueName: `sheratan-${config.stage}-relay-failures`,
      production: config.production,
    });
    fn.addEventSource(
      new DynamoEventSource(table as dynamodb.ITable, {
        startingPosition: lambda.StartingPosition.TRIM_HORIZON,
        batchSize: 100,
        parallelizationFactor: concurrencyOf(config).endsPerShard,
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        // A record is tried again until it leaves the stream: an outage of hours loses no
        // dependant.
        retryAttempts: 10_000,
        onFailure: new SqsDlq(failures),
        filters,
      }),
    );
    grantItems(
      fn,
      table,
      'dynamodb:BatchWriteItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    );
    for (const queue of [...queues.all, results, postings]) queue.grantSendMessages(fn);
    // A signal ends the wait of a message at once.
    for (const queue of queues.all) queue.grant(fn, 'sqs:ChangeMessageVisibility');
    grantObjects(fn, bucket, ['s3:GetObject'], [CHILDREN_PREFIX]);
    grantObjects(fn, bucket, ['s3:GetObject', 's3:PutObject'], [RAW_PREFIX]);
  }
}
