/** The dashboard, the alarms and their topic, as infra/monitoring defines them. */
import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { alarmsOf } from '../monitoring/alarms.ts';
import { bodyOf, dashboardOf } from '../monitoring/dashboard.ts';
import { inventoryOf, nameIn } from '../monitoring/inventory.ts';
import type { AlarmSpec, Series } from '../monitoring/spec.ts';

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
  readonly dashboardName: string;
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, { config }: { readonly config: Config }) {
    super(scope, id);
    const inventory = inventoryOf(config.stage);
    // The topic has no key of its own: alarms contain names of queues and numbers, nothing of a
    // job.
    this.topic = new sns.Topic(this, 'Topic', {
      topicName: nameIn(inventory, 'alarms'),
      enforceSSL: true,
    });
    this.#letAlarmsPublish();
    if (config.alarmEmail !== '')
      this.topic.addSubscription(new EmailSubscription(config.alarmEmail));
    const specs = alarmsOf(inventory);
    const alarms = specs.map((spec) => {
      const properties = propertiesOf(spec, nameIn(inventory, spec.id), this.topic.topicArn);
      return new cloudwatch.CfnAlarm(this, spec.id, properties);
    });
    const { region } = Stack.of(this);
    const spec = dashboardOf(inventory);
    const arns = alarms.map(({ attrArn }) => attrArn);
    new cloudwatch.CfnDashboard(this, 'Dashboard', {
      dashboardName: spec.name,
      dashboardBody: Stack.of(this).toJsonString(bodyOf(spec, region, arns)),
    });
    this.dashboardName = spec.name;
  }

  /**
   * Lets the alarms of this account publish: a policy of the topic replaces the default policy,
   * which allowed it.
   */
  #letAlarmsPublish(): void {
    const { account, region, partition } = Stack.of(this);
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
        },
      }),
    );
  }
}
