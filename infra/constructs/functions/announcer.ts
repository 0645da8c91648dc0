/**
 * The announcer: publishes the changes of hosts that the prober commits, on the event bus and in a
 * history.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ANNOUNCER_TIMEOUT_SECONDS, HOSTS_ENV } from '#shared/contracts/functions.ts';
import {
  CHANGES_COUNT,
  HOST_EVENT_SOURCE,
  HOST_EVENT_TYPE,
  STATE_SORT,
} from '#shared/contracts/hosts.ts';
import type { Config } from '../../config.ts';
import { FailureQueue } from '../stores/failureQueue.ts';
import { grantItems } from '../stores/grants.ts';
import { ServiceFunction } from './serviceFunction.ts';

export interface AnnouncerProps {
  readonly config: Config;
  readonly assetDir: string;
  readonly table: dynamodb.TableV2;
}

/** The function on the stream of the Hosts table; with `hostEvents` also a topic for people. */
export class Announcer extends Construct {
  constructor(scope: Construct, id: string, { config, assetDir, table }: AnnouncerProps) {
    super(scope, id);
    const { fn } = new ServiceFunction(this, 'Announcer', {
      config,
      name: `sheratan-${config.stage}-announcer`,
      assetDir,
      description: 'Tells of hosts that went up or down',
      timeout: Duration.seconds(ANNOUNCER_TIMEOUT_SECONDS),
      memoryMb: 256,
      environment: { [HOSTS_ENV.table]: table.tableName },
    });
    const failures = new FailureQueue(this, 'Failures', {
      queueName: `sheratan-${config.stage}-announcer-failures`,
      production: config.production,
    });
    fn.addEventSource(
      new DynamoEventSource(table as dynamodb.ITable, {
        startingPosition: lambda.StartingPosition.TRIM_HORIZON,
        batchSize: 100,
        reportBatchItemFailures: true,
        retryAttempts: 100,
        onFailure: new SqsDlq(failures),
        filters: [
          lambda.FilterCriteria.filter({
            dynamodb: {
              Keys: { sk: { S: [STATE_SORT] } },
              NewImage: { [CHANGES_COUNT]: { N: [{ 'anything-but': ['0'] }] } },
            },
          }),
        ],
      }),
    );
    events.EventBus.fromEventBusName(this, 'Bus', 'default').grantPutEventsTo(fn);
    grantItems(fn, table, 'dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem');
    if (config.hostEvents) this.#tellPeople(config);
  }

  #tellPeople({ stage }: Config): void {
    const topic = new sns.Topic(this, 'Changes', {
      topicName: `sheratan-${stage}-host-changes`,
      enforceSSL: true,
    });
    // The rule publishes by a role. A policy of the topic would have to admit EventBridge for the
    // rules of every account.
    const role = new iam.Role(this, 'Teller', {
      description: 'Lets the rule publish changes of hosts',
      assumedBy: new iam.ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    new events.Rule(this, 'Told', {
      eventPattern: {
        source: [HOST_EVENT_SOURCE],
        detailType: [HOST_EVENT_TYPE],
        // Changes of a flapping host are for programs only.
        detail: { muted: [false] },
      },
      targets: [new SnsTopic(topic, { role })],
    });
  }
}
