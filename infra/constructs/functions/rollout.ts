/**
 * How a new version of a function takes over behind an alias: at once, or first for a tenth of the
 * work. The tenth goes back to the old version when the new version fails.
 */
import { Duration, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

export interface RolloutProps {
  readonly fn: lambda.Function;
  readonly name: string;
  readonly how: 'all-at-once' | 'canary';
}

/** An alias, and for `canary` the CodeDeploy group that moves it over five minutes. */
export class Rollout extends Construct {
  /** The alias that event sources invoke. */
  readonly alias: lambda.Alias;

  constructor(scope: Construct, id: string, { fn, name, how }: RolloutProps) {
    super(scope, id);
    this.alias = new lambda.Alias(this, 'Alias', {
      aliasName: 'live',
      version: fn.currentVersion as lambda.IVersion,
    });
    if (how === 'all-at-once') return;
    const errors = new cloudwatch.Alarm(this, 'Errors', {
      alarmName: `${name}-rollout-errors`,
      alarmDescription: `A new version of ${name} fails: CodeDeploy goes back to the one before. See its logs.`,
      metric: this.alias.metricErrors({ period: Duration.minutes(1) }),
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    const group = new codedeploy.LambdaDeploymentGroup(this, 'Deployment', {
      alias: this.alias,
      deploymentConfig: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms: [errors],
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
    Validations.of(group).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]',
      reason: "CodeDeploy's own policy for aliases; which rights it needs is AWS's to say.",
    });
  }
}
