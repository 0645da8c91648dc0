/** The dead-letter queues of jobs: shows and takes out the messages that SQS gave up on. */
import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import {
  DEAD_LETTERS_SUFFIX,
  PLACED_ATTRIBUTE,
  PRIORITIES,
  type Priority,
  RELEASED_ATTRIBUTE,
} from '#shared/contracts/queues.ts';
import type { DeadLetters } from '../operator/deadLetters.ts';
import type { Delivery, Visibility } from '../ports/jobs.ts';
import { textOf } from './attributes.ts';

interface Options {
  readonly sqs: SQSClient;
  readonly queueUrls: Readonly<Record<Priority, string>>;
  readonly visibility: Pick<Visibility, 'change'>;
}

const AT_ONCE = 10;
/** Long enough to read a whole queue, short enough that a broken-off look does no harm. */
const LOOK_SECONDS = 30;

/**
 * Up to `limit` messages of a queue. They stay invisible, or the same messages would come again.
 */
const receiveAll = async (
  { sqs }: Options,
  priority: Priority,
  queueUrl: string,
  limit: number,
): Promise<readonly Delivery[]> => {
  const found: Delivery[] = [];
  while (found.length < limit) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(AT_ONCE, limit - found.length),
        VisibilityTimeout: LOOK_SECONDS,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) break;
    for (const { MessageId = '', ReceiptHandle = '', Body = '', ...message } of Messages) {
      const { MessageGroupId: own = MessageId, ...attributes } = message.Attributes ?? {};
      const textIn = (name: string): string | undefined => {
        const value = message.MessageAttributes?.[name]?.StringValue;
        return value === undefined ? undefined : textOf(value);
      };
      const released = textIn(RELEASED_ATTRIBUTE);
      const placedIn = released === undefined ? undefined : textIn(PLACED_ATTRIBUTE);
      found.push({
        messageId: MessageId,
        receiptHandle: ReceiptHandle,
        queueUrl,
        priority,
        body: Body,
        ...(placedIn === undefined ? { group: own } : { group: placedIn, messageGroup: own }),
        sentAt: Number(attributes.SentTimestamp),
        receives: Number(attributes.ApproximateReceiveCount),
        released,
        deduplicationId: attributes.MessageDeduplicationId,
        traceHeader: attributes.AWSTraceHeader,
      });
    }
  }
  return found;
};

/** The dead-letter queues that belong to the given job queues, found by their names. */
export const createDeadLetters = (options: Options): DeadLetters => ({
  take: async (limit) => {
    const found = await Promise.all(
      PRIORITIES.map((priority) => {
        const queueUrl = options.queueUrls[priority].replace(/\.fifo$/, DEAD_LETTERS_SUFFIX);
        return receiveAll(options, priority, queueUrl, limit);
      }),
    );
    return found.flat();
  },
  giveBack: async (letters) => {
    await options.visibility.change(letters.map((delivery) => ({ delivery, seconds: 0 })));
  },
  remove: async ({ queueUrl, receiptHandle }) => {
    await options.sqs.send(
      new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }),
    );
  },
});
