/** The HTTP interface: a function behind a URL that asks for requests signed by AWS rights. */
import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { PAYLOAD_PREFIX, RESULT_PREFIX } from '#shared/contracts/bucket.ts';
import { API_ENV, API_TIMEOUT_SECONDS } from '#shared/contracts/functions.ts';
import { concurrencyOf } from '../../concurrency.ts';
import type { Config } from '../../config.ts';
import { grantItems, grantObjects } from '../stores/grants.ts';
import type { JobQueues } from '../stores/jobQueues.ts';
import { ServiceFunction } from './serviceFunction.ts';

export interface ApiProps {
  readonly config: Config;
  readonly assetDir: string;
  readonly table: dynamodb.TableV2;
  readonly bucket: s3.Bucket;
  readonly queues: JobQueues;
}

/** The function and its URL. */
export class Api extends Construct {
  readonly url: lambda.FunctionUrl;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const { config, table, bucket, queues } = props;
    const { fn } = new ServiceFunction(this, 'Function', {
      config,
      name: `sheratan-${config.stage}-api`,
      assetDir: props.assetDir,
      description: 'Sends, shows and cancels jobs by HTTP',
      timeout: Duration.seconds(API_TIMEOUT_SECONDS),
      memoryMb: 512,
      reservedConcurrency: concurrencyOf(config).reserved?.api,
      environment: {
        [API_ENV.jobsTable]: table.tableName,
        [API_ENV.dataBucket]: bucket.bucketName,
        ...queues.environment,
      },
    });
    grantItems(fn, table, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem');
    grantObjects(fn, bucket, ['s3:GetObject'], [RESULT_PREFIX]);
    grantObjects(fn, bucket, ['s3:PutObject'], [PAYLOAD_PREFIX]);
    for (const queue of queues.all) {
      queue.grantSendMessages(fn);
      // A cancelled job makes way for the next one of its group.
      queue.grant(fn, 'sqs:ChangeMessageVisibility');
    }
    this.url = fn.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM });
  }
}
