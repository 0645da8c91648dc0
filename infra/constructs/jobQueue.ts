/** A FIFO queue in high-throughput mode with a FIFO dead-letter queue that keeps messages longer. */
import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEAD_LETTERS_SUFFIX } from '#shared/contracts/queues.ts';
import { removalIn } from './removal.ts';

export interface JobQueueProps {
  /** Physical name without the `.fifo` suffix. */
  readonly name: string;
  /**
   * Timeout of the function that reads it, the least that AWS lets a mapping have. It is how long a
   * message is out of sight whose environment died before its first line. AWS advises six times as
   * much so that a throttled batch is not used up: here it only costs receives, of which there are
   * many, and what is delivered twice takes effect once.
   */
  readonly consumerTimeout: Duration;
  readonly retention: Duration;
  /** Receives after which SQS moves a message to the dead-letter queue. */
  readonly receivesMax: number;
  /** What waits in it is nowhere else: kept on destroy and on replacement. */
  readonly production: boolean;
}

export class JobQueue extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetterQueue: sqs.Queue;

  constructor(scope: Construct, id: string, props: JobQueueProps) {
    super(scope, id);
    const common = {
      fifo: true,
      deduplicationScope: sqs.DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: removalIn(props.production),
    } as const;
    this.deadLetterQueue = new sqs.Queue(this, 'DeadLetters', {
      ...common,
      queueName: `${props.name}${DEAD_LETTERS_SUFFIX}`,
      retentionPeriod: props.retention.plus(Duration.days(1)),
    });
    this.queue = new sqs.Queue(this, 'Queue', {
      ...common,
      queueName: `${props.name}.fifo`,
      visibilityTimeout: props.consumerTimeout,
      retentionPeriod: props.retention,
      receiveMessageWaitTime: Duration.seconds(20),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: props.receivesMax },
    });
  }
}
