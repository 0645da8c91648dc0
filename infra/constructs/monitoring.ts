/** The dashboard, the alarms and whom they tell, as infra/monitoring defines them. */
import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { alarmsOf } from '../monitoring/alarms.ts';
import { bodyOf, dashboardOf } from '../monitoring/dashboard.ts';
import { inventoryOf, nameIn } from '../monitoring/inventory.ts';
import type { AlarmSpec, Series } from '../monitoring/spec.ts';

/** CloudWatch's bound on an alarm's description. */
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
  const told = severity === 'ticket' ? [topicArn] : [];
  return {
    alarmName,
    alarmDescription:
      `${means}\nFirst look: ${firstLook}\nFirst action: ${firstAction}\ndocs/runbook.md`.slice(
        0,
        DESCRIPTION_MAX,
      ),
    metrics: series.map((each, index) => queryOf(each, when.seconds, index === series.length - 1)),
    comparisonOperator: over === undefined ? 'LessThanThreshold' : 'GreaterThanThreshold',
    threshold: over ?? under ?? 0,
    evaluationPeriods: when.of,
    datapointsToAlarm: when.breaching,
    treatMissingData: missing.as,
    alarmActions: told,
    okActions: told,
  };
};

export class Monitoring extends Construct {
  readonly dashboardName: string;
  readonly topic: sns.Topic;

  constructor(scope: Construct, id: string, { config }: { readonly config: Config }) {
    super(scope, id);
    const inventory = inventoryOf(config.stage);
    // Not encrypted by a key of its own: alarms name queues and numbers, and nothing of a job.
    this.topic = new sns.Topic(this, 'Topic', {
      topicName: nameIn(inventory, 'alarms'),
      enforceSSL: true,
    });
    if (config.alarmEmail !== '')
      this.topic.addSubscription(new EmailSubscription(config.alarmEmail));
    const specs = alarmsOf(inventory);
    const alarms = specs.map((spec) => {
      const properties = propertiesOf(spec, nameIn(inventory, spec.id), this.topic.topicArn);
      return new cloudwatch.CfnAlarm(this, spec.id, properties);
    });
    const paging = specs.filter(({ severity }) => severity === 'page');
    const unhealthy = new cloudwatch.CfnCompositeAlarm(this, 'MeshUnhealthy', {
      alarmName: nameIn(inventory, 'MeshUnhealthy'),
      alarmDescription: 'The mesh is unhealthy: see which of its alarms is on; docs/runbook.md',
      alarmRule: paging.map((spec) => `ALARM("${nameIn(inventory, spec.id)}")`).join(' OR '),
      alarmActions: [this.topic.topicArn],
      okActions: [this.topic.topicArn],
    });
    for (const alarm of alarms) unhealthy.addResourceDependency(alarm);

    const { region } = Stack.of(this);
    const spec = dashboardOf(inventory);
    const arns = [unhealthy.attrArn, ...alarms.map(({ attrArn }) => attrArn)];
    new cloudwatch.CfnDashboard(this, 'Dashboard', {
      dashboardName: spec.name,
      dashboardBody: Stack.of(this).toJsonString(bodyOf(spec, region, arns)),
    });
    this.dashboardName = spec.name;
  }
}
