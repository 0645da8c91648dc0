/** A queue for what a source other than a queue gave up: a stream, a schedule. */
import { Duration, Validations } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { removalIn } from './removal.ts';

export interface FailureQueueProps {
  readonly queueName: string;
  /** Keeps the queue on destroy and on replacement. */
  readonly production: boolean;
}

/** A standard queue that keeps messages for 14 days. */
export class FailureQueue extends sqs.Queue {
  constructor(scope: Construct, id: string, { queueName, production }: FailureQueueProps) {
    super(scope, id, {
      queueName,
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: removalIn(production),
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason: 'It is a dead-letter queue itself, of a source that names it as its destination.',
    });
  }
}
