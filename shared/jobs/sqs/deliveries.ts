/** Lambda's SQS event as deliveries, and the answer that names the messages to return. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type ByPriority, ORIGIN_ATTRIBUTE } from '#shared/contracts/pools.ts';
import { PLACED_ATTRIBUTE, PRIORITIES, RELEASED_ATTRIBUTE } from '#shared/contracts/queues.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Delivery, Origin } from '../ports/jobs.ts';
import { textOf } from './attributeText.ts';

const nameIn = (urlOrArn: string): string => urlOrArn.split(/[/:]/).at(-1) ?? '';

const attributeIn = ({ messageAttributes }: SQSRecord, name: string): string | undefined => {
  const value = messageAttributes[name]?.stringValue;
  return value === undefined ? undefined : textOf(value);
};

/**
 * The job's group, and the SQS group where it differs: only released messages travel in another.
 */
const groupsOf = (record: SQSRecord, released: string | undefined) => {
  const { MessageGroupId: own = record.messageId } = record.attributes;
  const placedIn = released && attributeIn(record, PLACED_ATTRIBUTE);
  return placedIn ? { group: placedIn, messageGroup: own } : { group: own };
};

/** The message by which the job was sent: this one, unless the job moved between queues. */
const originOf = (record: SQSRecord): Origin & Pick<Delivery, 'movedAs'> => {
  const moved = attributeIn(record, ORIGIN_ATTRIBUTE);
  if (moved !== undefined) return { ...(JSON.parse(moved) as Origin), movedAs: record.messageId };
  const { SentTimestamp, MessageDeduplicationId: deduplicationId } = record.attributes;
  return { messageId: record.messageId, sentAt: Number(SentTimestamp), deduplicationId };
};

/**
 * The deliveries of an event. A job that moved between queues has the id and the time of the
 * message that its sender sent.
 *
 * @throws AssertionError for a queue that is not in `queues`
 */
export const deliveriesOf = (event: SQSEvent, queues: ByPriority<string>): readonly Delivery[] =>
  event.Records.map((record) => {
    const name = nameIn(record.eventSourceARN);
    const priority = PRIORITIES.find((candidate) => nameIn(queues[candidate]) === name);
    assert(priority, `the worker knows the queue ${name}`);
    const released = attributeIn(record, RELEASED_ATTRIBUTE);
    return {
      ...groupsOf(record, released),
      ...originOf(record),
      receiptHandle: record.receiptHandle,
      queueUrl: queues[priority],
      priority,
      body: record.body,
      receives: Number(record.attributes.ApproximateReceiveCount),
      released,
      traceHeader: record.attributes.AWSTraceHeader,
    };
  });

/**
 * The answer to Lambda.
 *
 * @param returned ids of the deliveries whose messages stay in their queue
 */
export const batchResponse = (event: SQSEvent, returned: readonly string[]): SQSBatchResponse => {
  const staying = new Set(returned);
  return {
    batchItemFailures: event.Records.filter((record) =>
      staying.has(originOf(record).messageId),
    ).map(({ messageId }) => ({ itemIdentifier: messageId })),
  };
};
