/**
 * The reporter: posts results to callback URLs, from its own queue, so that no worker waits for a
 * receiver.
 */
import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RESULT_PREFIX } from '#shared/contracts/bucket.ts';
import { REPORTER_ENV, REPORTER_TIMEOUT_SECONDS } from '#shared/contracts/functions.ts';
import { BATCH_SIZE, RECEIVES_MAX } from '#shared/contracts/queues.ts';
import { concurrencyOf } from '../../concurrency.ts';
import { type Config, outboundOf } from '../../config.ts';
import { grantItems, grantObjects } from '../stores/grants.ts';
import { JobQueue } from '../stores/jobQueue.ts';
import type { SigningSecret } from '../stores/signingSecret.ts';
import { ServiceFunction } from './serviceFunction.ts';

export interface ReporterProps {
  readonly config: Config;
  readonly assetDir: string;
  readonly table: dynamodb.TableV2;
  readonly bucket: s3.Bucket;
  readonly signing: SigningSecret;
}

/** The function and its queue of results. */
export class Reporter extends Construct {
  readonly results: sqs.Queue;

  constructor(scope: Construct, id: string, props: ReporterProps) {
    super(scope, id);
    const { config, table, bucket, signing } = props;
    this.results = new JobQueue(this, 'Results', {
      name: `sheratan-${config.stage}-results`,
      consumerTimeout: Duration.seconds(REPORTER_TIMEOUT_SECONDS),
      retention: Duration.days(config.queueRetentionDays),
      receivesMax: RECEIVES_MAX,
      production: config.production,
    }).queue;
    const { fn } = new ServiceFunction(this, 'Reporter', {
      config,
      name: `sheratan-${config.stage}-reporter`,
      assetDir: props.assetDir,
      description: 'Posts results to callback URLs',
      timeout: Duration.seconds(REPORTER_TIMEOUT_SECONDS),
      memoryMb: 256,
      vpc: config.vpc,
      environment: {
        [REPORTER_ENV.jobsTable]: table.tableName,
        [REPORTER_ENV.dataBucket]: bucket.bucketName,
        [REPORTER_ENV.resultsUrl]: this.results.queueUrl,
        [REPORTER_ENV.outboundAllow]: outboundOf(config).join(','),
        [REPORTER_ENV.callbackSecret]: signing.secretArn,
      },
    });
    fn.addEventSource(
      new SqsEventSource(this.results, {
        batchSize: BATCH_SIZE,
        reportBatchItemFailures: true,
        maxConcurrency: concurrencyOf(config).results,
      }),
    );
    grantItems(fn, table, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem');
    signing.grantValue(fn);
    grantObjects(fn, bucket, ['s3:GetObject'], [RESULT_PREFIX]);
  }
}
