/** The group of the schedules, and their only right: to send to the job queues. */
import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { FailureQueue } from './stores/failureQueue.ts';
import type { JobQueues } from './stores/jobQueues.ts';
import { removalIn } from './stores/removal.ts';

export interface SchedulingProps {
  readonly config: Config;
  readonly queues: JobQueues;
}

/**
 * The schedule group, the role of its schedules, and the queue for ticks that could not be sent.
 */
export class Scheduling extends Construct {
  readonly group: scheduler.ScheduleGroup;
  readonly role: iam.Role;
  /** Ticks that could not be sent for a day. */
  readonly deadLetterQueue: sqs.Queue;

  constructor(scope: Construct, id: string, { config, queues }: SchedulingProps) {
    super(scope, id);
    const scheduleGroupName = `sheratan-${config.stage}`;
    this.group = new scheduler.ScheduleGroup(this, 'Group', {
      scheduleGroupName,
      // People make the schedules in the group, and they would be deleted with it.
      removalPolicy: removalIn(config.production),
    });
    // EventBridge Scheduler accepts only a standard queue as its dead-letter queue.
    this.deadLetterQueue = new FailureQueue(this, 'DeadTicks', {
      queueName: `sheratan-${config.stage}-ticks-dead`,
      production: config.production,
    });
    const { account } = Stack.of(this);
    this.role = new iam.Role(this, 'Role', {
      description: 'Lets schedules send to the job queues',
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': account,
            'aws:SourceArn': this.group.scheduleGroupArn,
          },
        },
      }),
    });
    this.role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['sqs:SendMessage'],
        resources: [...queues.all, this.deadLetterQueue].map(({ queueArn }) => queueArn),
      }),
    );
  }
}
