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
   * Timeout of the function that reads the queue: AWS allows no shorter visibility timeout. A
   * message stays invisible this long when its environment dies before its first line. AWS advises
   * six times as much, so that throttling does not use up a batch's receives. Here receives are
   * many, and a second delivery takes effect only once.
   */
  readonly consumerTimeout: Duration;
  readonly retention: Duration;
  /** Receives after which SQS moves a message to the dead-letter queue. */
  readonly receivesMax: number;
  /** Keeps the queue on destroy and on replacement: what waits in it exists nowhere else. */
  readonly production: boolean;
}

/** The two queues. SQS moves a message to the dead-letter queue after `receivesMax` receives. */
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
