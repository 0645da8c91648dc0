/** The prober: looks at the mesh's hosts, a shard a message; the minute's rule rings it. */
import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { HOSTS_ENV, PROBER_ENV, PROBER_TIMEOUT_SECONDS } from '#shared/contracts/functions.ts';
import { type Config, outboundOf } from '../config.ts';
import { grantItems } from './grants.ts';
import { ServiceFunction } from './serviceFunction.ts';

export interface ProberProps {
  readonly config: Config;
  readonly assetDir: string;
  readonly table: dynamodb.TableV2;
}

/** The names of a shard are asked at once; Node's own four threads would take ten seconds. */
const RESOLVER_THREADS = 64;

export class Prober extends Construct {
  /** Probe runs of shards and suspicions; order and duplicates do not matter. */
  readonly probes: sqs.Queue;

  constructor(scope: Construct, id: string, { config, assetDir, table }: ProberProps) {
    super(scope, id);
    const common = { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true } as const;
    const deadLetters = new sqs.Queue(this, 'DeadLetters', {
      ...common,
      queueName: `sheratan-${config.stage}-probes-dead`,
      retentionPeriod: Duration.days(14),
    });
    this.probes = new sqs.Queue(this, 'Probes', {
      ...common,
      queueName: `sheratan-${config.stage}-probes`,
      // A run may take all its time: with less, a probe run that goes on would be taken once more.
      visibilityTimeout: Duration.seconds(2 * PROBER_TIMEOUT_SECONDS),
      // A probe run that nobody began for so long is over; the next ones have come.
      retentionPeriod: Duration.minutes(10),
      receiveMessageWaitTime: Duration.seconds(20),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 3 },
    });
    const { fn } = new ServiceFunction(this, 'Prober', {
      name: `sheratan-${config.stage}-prober`,
      assetDir,
      description: 'Looks at the hosts of the mesh and decides who is up',
      timeout: Duration.seconds(PROBER_TIMEOUT_SECONDS),
      memoryMb: config.proberMemoryMb,
      logRetentionDays: config.logRetentionDays,
      production: config.production,
      vpc: config.vpc,
      environment: {
        [HOSTS_ENV.table]: table.tableName,
        [HOSTS_ENV.probesUrl]: this.probes.queueUrl,
        [PROBER_ENV.outboundAllow]: outboundOf(config).join(','),
        [PROBER_ENV.sentinels]: config.probeSentinels.join(','),
        UV_THREADPOOL_SIZE: String(RESOLVER_THREADS),
      },
    });
    fn.addEventSource(
      new SqsEventSource(this.probes, {
        batchSize: 1,
        maxConcurrency: config.proberConcurrency,
      }),
    );
    new events.Rule(this, 'EveryMinute', {
      // On the minute; a rate would count from when it was deployed, and every probe run seem late.
      schedule: events.Schedule.cron({ minute: '*' }),
      targets: [
        new SqsQueue(this.probes, {
          message: events.RuleTargetInput.fromObject({
            kind: 'minute',
            at: events.EventField.time,
          }),
          // A minute that could not be told is over.
          maxEventAge: Duration.minutes(1),
        }),
      ],
    });
    this.probes.grantSendMessages(fn);
    grantItems(
      fn,
      table,
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    );
  }
}
