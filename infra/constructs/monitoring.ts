/** The dashboard, the alarms and their topic, as infra/monitoring defines them. */
import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { FUNCTIONS } from '#shared/contracts/functions.ts';
import { type Config, optionalFunctions } from '../config.ts';
import { dashboardBodyOf, dashboardOf } from '../monitoring/dashboard.ts';
import { type Inventory, inventoryOf, nameIn } from '../monitoring/inventory.ts';
import { alarmsAt } from '../monitoring/level.ts';
import type { AlarmSpec, Series } from '../monitoring/spec.ts';
import { timeoutsOf } from '../pools.ts';

/** CloudWatch's limit for an alarm's description, in characters. */
const DESCRIPTION_MAX = 1_024;

const queryOf = (series: Series, period: number, returnData: boolean) => {
  const { id = 'value', label } = series;
  if (series.kind !== 'metric')
    return { id, label, returnData, expression: series.kind === 'math' ? series.expression : '' };
  const { namespace, name, dimensions, stat } = series.metric;
  const metric = {
    namespace,
    metricName: name,
    dimensions: Object.entries(dimensions).map(([key, value]) => ({ name: key, value })),
  };
  return { id, label, returnData, metricStat: { metric, stat, period } };
};

const propertiesOf = (
  { severity, series, over, under, when, missing, runbook }: AlarmSpec,
  alarmName: string,
  topicArn: string,
): cloudwatch.CfnAlarmProps => {
  const { means, firstLook, firstAction } = runbook;
  const text = [
    `${severity === 'page' ? 'PAGE' : 'TICKET'}: ${means}`,
    `First look: ${firstLook}`,
    `First action: ${firstAction}`,
    'docs/runbook.md',
  ].join('\n');
  return {
    alarmName,
    alarmDescription: text.slice(0, DESCRIPTION_MAX),
    metrics: series.map((each, index) => queryOf(each, when.seconds, index === series.length - 1)),
    comparisonOperator: over === undefined ? 'LessThanThreshold' : 'GreaterThanThreshold',
    threshold: over ?? under ?? 0,
    evaluationPeriods: when.of,
    datapointsToAlarm: when.breaching,
    treatMissingData: missing.as,
    // Each alarm notifies by itself: a composite alarm would not report a second fault during the
    // first.
    alarmActions: [topicArn],
    okActions: [topicArn],
  };
};

/** One dashboard, one alarm for each definition, and the topic that all alarms publish to. */
export class Monitoring extends Construct {
  /** undefined where the level of the monitoring has no dashboard. */
  readonly dashboardName: string | undefined;

  constructor(scope: Construct, id: string, { config }: { readonly config: Config }) {
    super(scope, id);
    const names = [...FUNCTIONS, ...optionalFunctions(config)];
    const inventory = inventoryOf(config.stage, names, timeoutsOf(config.pools));
    const specs = alarmsAt(config.monitoring, inventory);
    if (specs.length === 0) return;
    const topic = this.#topic(config);
    const alarms = specs.map((spec) => {
      const properties = propertiesOf(spec, nameIn(inventory, spec.id), topic.topicArn);
      return new cloudwatch.CfnAlarm(this, spec.id, properties);
    });
    if (config.monitoring === 'full')
      this.dashboardName = this.#dashboard(
        inventory,
        alarms.map(({ attrArn }) => attrArn),
      );
  }

  #dashboard(inventory: Inventory, alarmArns: readonly string[]): string {
    const stack = Stack.of(this);
    const spec = dashboardOf(inventory);
    new cloudwatch.CfnDashboard(this, 'Dashboard', {
      dashboardName: spec.name,
      dashboardBody: stack.toJsonString(dashboardBodyOf(spec, stack.region, alarmArns)),
    });
    return spec.name;
  }

  #topic({ stage, alarmEmail }: Config): sns.Topic {
    // The topic has no key of its own: alarms contain names of queues and numbers, nothing of a
    // job.
    const topic = new sns.Topic(this, 'Topic', {
      topicName: nameIn({ stage }, 'alarms'),
      enforceSSL: true,
    });
    this.#letAlarmsPublish(topic);
    if (alarmEmail !== '') topic.addSubscription(new EmailSubscription(alarmEmail));
    return topic;
  }

  /**
   * Lets the alarms of this account publish: a policy of the topic replaces the default policy,
   * which allowed it.
   */
  #letAlarmsPublish(topic: sns.Topic): void {
    const { account, region, partition } = Stack.of(this);
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
        },
      }),
    );
  }
}
