/** The timekeeper: each minute sends parked jobs that are due, and ends overdue waits and holds. */
import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { RAW_PREFIX } from '#shared/contracts/bucket.ts';
import { TIMEKEEPER_ENV, TIMEKEEPER_TIMEOUT_SECONDS } from '#shared/contracts/functions.ts';
import { DUE_INDEX } from '#shared/contracts/tables.ts';
import { concurrencyOf } from '../../concurrency.ts';
import type { Config } from '../../config.ts';
import { grantIndexQuery, grantItems, grantObjects } from '../stores/grants.ts';
import type { JobQueues } from '../stores/jobQueues.ts';
import type { LedgerTable } from '../stores/ledgerTable.ts';
import { ServiceFunction } from './serviceFunction.ts';

export interface TimekeeperProps {
  readonly config: Config;
  readonly assetDir: string;
  readonly table: dynamodb.TableV2;
  readonly bucket: s3.Bucket;
  readonly queues: JobQueues;
  readonly ledger: LedgerTable;
}

/** The function and its rule of each minute. */
export class Timekeeper extends Construct {
  constructor(scope: Construct, id: string, props: TimekeeperProps) {
    super(scope, id);
    const { config, table, bucket, queues, ledger } = props;
    const { fn } = new ServiceFunction(this, 'Timekeeper', {
      config,
      name: `sheratan-${config.stage}-timekeeper`,
      assetDir: props.assetDir,
      description: 'Sends parked jobs that are due, ends holds that are over',
      timeout: Duration.seconds(TIMEKEEPER_TIMEOUT_SECONDS),
      memoryMb: 256,
      reservedConcurrency: concurrencyOf(config).reserved?.timekeeper,
      environment: {
        ...ledger.environment,
        [TIMEKEEPER_ENV.jobsTable]: table.tableName,
        [TIMEKEEPER_ENV.dataBucket]: bucket.bucketName,
        ...queues.environment,
      },
    });
    // A tick that failed or could not be delivered is not repeated: the next tick does its work. By
    // default Lambda would try it twice more, for up to six hours.
    fn.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    new events.Rule(this, 'EveryMinute', {
      schedule: events.Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(fn, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
    grantItems(fn, table, 'dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    grantIndexQuery(fn, table, DUE_INDEX);
    ledger.grantExpiry(fn);
    ledger.grantEntries(fn);
    for (const queue of queues.all) queue.grantSendMessages(fn);
    grantObjects(fn, bucket, ['s3:GetObject'], [RAW_PREFIX]);
  }
}
