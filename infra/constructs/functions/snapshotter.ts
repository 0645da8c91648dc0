/** The snapshotter: writes the journal of the ledger out as entries of its accounts. */
import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { SNAPSHOTTER_TIMEOUT_SECONDS } from '#shared/contracts/functions.ts';
import { BLOCK_PREFIX } from '#shared/contracts/ledger.ts';
import type { Config } from '../../config.ts';
import { FailureQueue } from '../stores/failureQueue.ts';
import type { LedgerTable } from '../stores/ledgerTable.ts';
import { ServiceFunction } from './serviceFunction.ts';

export interface SnapshotterProps {
  readonly config: Config;
  readonly assetDir: string;
  readonly ledger: LedgerTable;
}

/** The function on the stream of the Ledger table, with a queue for what it gives up. */
export class Snapshotter extends Construct {
  constructor(scope: Construct, id: string, { config, assetDir, ledger }: SnapshotterProps) {
    super(scope, id);
    const { fn } = new ServiceFunction(this, 'Snapshotter', {
      config,
      name: `sheratan-${config.stage}-snapshotter`,
      assetDir,
      description: 'Writes new blocks of the ledger out as entries of its accounts',
      timeout: Duration.seconds(SNAPSHOTTER_TIMEOUT_SECONDS),
      memoryMb: 256,
      environment: ledger.environment,
    });
    const failures = new FailureQueue(this, 'Failures', {
      queueName: `sheratan-${config.stage}-snapshotter-failures`,
      production: config.production,
    });
    fn.addEventSource(
      new DynamoEventSource(ledger.table as dynamodb.ITable, {
        startingPosition: lambda.StartingPosition.TRIM_HORIZON,
        batchSize: 1_000,
        bisectBatchOnError: true,
        // What is lost here, the timekeeper writes out within a minute.
        retryAttempts: 3,
        onFailure: new SqsDlq(failures),
        filters: [
          lambda.FilterCriteria.filter({
            eventName: ['INSERT'],
            dynamodb: { Keys: { sk: { S: [{ prefix: BLOCK_PREFIX }] } } },
          }),
        ],
      }),
    );
    ledger.grantEntries(fn);
  }
}
