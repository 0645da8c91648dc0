/** The settler: settles the charges of jobs in the ledger, from its own queue. */
import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { SETTLER_TIMEOUT_SECONDS } from '#shared/contracts/functions.ts';
import { BATCH_SIZE, RECEIVES_MAX } from '#shared/contracts/queues.ts';
import { concurrencyOf } from '../../concurrency.ts';
import type { Config } from '../../config.ts';
import { JobQueue } from '../stores/jobQueue.ts';
import type { LedgerTable } from '../stores/ledgerTable.ts';
import { ServiceFunction } from './serviceFunction.ts';

export interface SettlerProps {
  readonly config: Config;
  readonly assetDir: string;
  readonly ledger: LedgerTable;
}

/** The function and its queue of postings. */
export class Settler extends Construct {
  readonly postings: sqs.Queue;

  constructor(scope: Construct, id: string, { config, assetDir, ledger }: SettlerProps) {
    super(scope, id);
    this.postings = new JobQueue(this, 'Postings', {
      name: `sheratan-${config.stage}-postings`,
      consumerTimeout: Duration.seconds(SETTLER_TIMEOUT_SECONDS),
      retention: Duration.days(config.queueRetentionDays),
      receivesMax: RECEIVES_MAX,
      production: config.production,
    }).queue;
    const { postings, reserved } = concurrencyOf(config);
    const { fn } = new ServiceFunction(this, 'Settler', {
      config,
      name: `sheratan-${config.stage}-settler`,
      assetDir,
      description: 'Posts and releases what jobs cost',
      timeout: Duration.seconds(SETTLER_TIMEOUT_SECONDS),
      memoryMb: 256,
      environment: ledger.environment,
      reservedConcurrency: reserved?.settler,
    });
    fn.addEventSource(
      new SqsEventSource(this.postings, {
        batchSize: BATCH_SIZE,
        reportBatchItemFailures: true,
        maxConcurrency: postings,
      }),
    );
    ledger.grantOperations(fn);
  }
}
