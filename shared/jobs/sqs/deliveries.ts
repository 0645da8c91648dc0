/** Lambda's SQS event as deliveries, and the answer that names the messages to return. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import {
  PLACED_ATTRIBUTE,
  PRIORITIES,
  type Priority,
  RELEASED_ATTRIBUTE,
} from '#shared/contracts/queues.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Delivery } from '../ports/jobs.ts';
import { textOf } from './attributes.ts';

export type QueueUrls = Readonly<Record<Priority, string>>;

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

/** The deliveries of an event. @throws AssertionError for a queue that is not in `queues` */
export const deliveriesOf = (event: SQSEvent, queues: QueueUrls): readonly Delivery[] =>
  event.Records.map((record) => {
    const name = nameIn(record.eventSourceARN);
    const priority = PRIORITIES.find((candidate) => nameIn(queues[candidate]) === name);
    assert(priority, `the worker knows the queue ${name}`);
    const released = attributeIn(record, RELEASED_ATTRIBUTE);
    return {
      ...groupsOf(record, released),
      messageId: record.messageId,
      receiptHandle: record.receiptHandle,
      queueUrl: queues[priority],
      priority,
      body: record.body,
      sentAt: Number(record.attributes.SentTimestamp),
      receives: Number(record.attributes.ApproximateReceiveCount),
      released,
      deduplicationId: record.attributes.MessageDeduplicationId,
      traceHeader: record.attributes.AWSTraceHeader,
    };
  });

/** The answer to Lambda. @param returned ids of the messages that stay in their queue */
export const batchResponse = (returned: readonly string[]): SQSBatchResponse => ({
  batchItemFailures: returned.map((itemIdentifier) => ({ itemIdentifier })),
});
