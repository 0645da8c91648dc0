/** The dead-letter queues of jobs: shows and takes out the messages that SQS gave up on. */
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import {
  type ByPriority,
  NO_POOL,
  ORIGIN_ATTRIBUTE,
  type Pools,
  queueIn,
} from '#shared/contracts/pools.ts';
import {
  DEAD_LETTERS_SUFFIX,
  PLACED_ATTRIBUTE,
  PRIORITIES,
  type Priority,
  RELEASED_ATTRIBUTE,
} from '#shared/contracts/queues.ts';
import type { DeadLetters } from '../operator/deadLetters.ts';
import type { Delivery, Origin, Visibility } from '../ports/jobs.ts';
import { textOf } from './attributeText.ts';

interface Options {
  readonly sqs: SQSClient;
  readonly queueUrls: ByPriority<string>;
  readonly pools?: Pools;
  readonly visibility: Pick<Visibility, 'change'>;
}

const AT_ONCE = 10;
/** Long enough to read a whole queue, short enough that a broken-off look does no harm. */
const LOOK_SECONDS = 30;

const deliveryOf = (message: Message, queueUrl: string, priority: Priority): Delivery => {
  const { MessageId = '', ReceiptHandle = '', Body = '', MessageAttributes = {} } = message;
  const { MessageGroupId: own = MessageId, ...attributes } = message.Attributes ?? {};
  const textIn = (name: string): string | undefined => {
    const value = MessageAttributes[name]?.StringValue;
    return value === undefined ? undefined : textOf(value);
  };
  const origin = textIn(ORIGIN_ATTRIBUTE);
  const released = textIn(RELEASED_ATTRIBUTE);
  const placedIn = released === undefined ? undefined : textIn(PLACED_ATTRIBUTE);
  return {
    messageId: MessageId,
    sentAt: Number(attributes.SentTimestamp),
    deduplicationId: attributes.MessageDeduplicationId,
    ...(origin !== undefined && (JSON.parse(origin) as Origin)),
    receiptHandle: ReceiptHandle,
    queueUrl,
    priority,
    body: Body,
    ...(placedIn === undefined ? { group: own } : { group: placedIn, messageGroup: own }),
    receives: Number(attributes.ApproximateReceiveCount),
    released,
    traceHeader: attributes.AWSTraceHeader,
  };
};

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
    found.push(...Messages.map((message) => deliveryOf(message, queueUrl, priority)));
  }
  return found;
};

/** The dead-letter queues that belong to the given job queues, found by their names. */
export const createDeadLetters = (options: Options): DeadLetters => ({
  take: async (limit) => {
    const { queueUrls, pools = {} } = options;
    const ofPool = (pool: string) =>
      PRIORITIES.map((priority) => {
        const queue = queueIn(pool, queueUrls[priority]);
        const queueUrl = queue.replace(/\.fifo$/, DEAD_LETTERS_SUFFIX);
        return receiveAll(options, priority, queueUrl, limit);
      });
    const found = await Promise.all([NO_POOL, ...Object.keys(pools)].flatMap(ofPool));
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
