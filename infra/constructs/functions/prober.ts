/**
 * The prober: probes the hosts of the mesh, one shard per message. A rule starts it every minute.
 */
import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { HOSTS_ENV, PROBER_ENV, PROBER_TIMEOUT_SECONDS } from '#shared/contracts/functions.ts';
import { concurrencyOf } from '../../concurrency.ts';
import { type Config, outboundOf } from '../../config.ts';
import { grantItems } from '../stores/grants.ts';
import { ServiceFunction } from './serviceFunction.ts';

export interface ProberProps {
  readonly config: Config;
  readonly assetDir: string;
  readonly table: dynamodb.TableV2;
}

/**
 * The names of all hosts of a shard are resolved at once; with Node's default of four threads this
 * would take ten seconds.
 */
const RESOLVER_THREADS = 64;

/** The function, its queue and the rule of each minute. */
export class Prober extends Construct {
  /** Probe runs of shards, and suspects. Order and duplicates do not matter. */
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
      // Twice the function's timeout: with less, a probe run under way would be delivered a second
      // time.
      visibilityTimeout: Duration.seconds(2 * PROBER_TIMEOUT_SECONDS),
      // A probe run that is this old is useless: newer probe runs have come.
      retentionPeriod: Duration.minutes(10),
      receiveMessageWaitTime: Duration.seconds(20),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 3 },
    });
    const { fn } = new ServiceFunction(this, 'Prober', {
      config,
      name: `sheratan-${config.stage}-prober`,
      assetDir,
      description: 'Looks at the hosts of the mesh and decides who is up',
      timeout: Duration.seconds(PROBER_TIMEOUT_SECONDS),
      memoryMb: config.proberMemoryMb,
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
        maxConcurrency: concurrencyOf(config).probes,
      }),
    );
    new events.Rule(this, 'EveryMinute', {
      // At each full minute. A rate would count from the deployment, and every probe run would seem
      // late.
      schedule: events.Schedule.cron({ minute: '*' }),
      targets: [
        new SqsQueue(this.probes, {
          message: events.RuleTargetInput.fromObject({
            kind: 'minute',
            at: events.EventField.time,
          }),
          // A tick that could not be sent within its minute is useless.
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
