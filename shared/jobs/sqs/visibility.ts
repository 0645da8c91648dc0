/** Visibility timeouts on SQS: one request for each queue and ten messages. */
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  MessageNotInflight,
  ReceiptHandleIsInvalid,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { chunksOf } from '#shared/kernel/batches.ts';
import type { Delivery, Visibility } from '../ports/jobs.ts';

const ENTRIES_MAX = 10;

interface Entry {
  readonly delivery: Pick<Delivery, 'messageId' | 'receiptHandle' | 'queueUrl'>;
  readonly seconds: number;
}

/**
 * Whether a receipt is no longer valid: the message was received again or deleted, or its
 * visibility timeout is over. AWS answers with a general code and a text, emulators with the codes
 * of the API.
 */
const isStale = (error: unknown): boolean =>
  error instanceof MessageNotInflight ||
  error instanceof ReceiptHandleIsInvalid ||
  (error instanceof Error &&
    /^InvalidParameterValue/.test(error.name) &&
    /not available for visibility timeout change|receipt handle has expired/i.test(error.message));

const changeOnce = async (
  sqs: SQSClient,
  queueUrl: string,
  entries: readonly Entry[],
): Promise<readonly string[]> => {
  const { Failed = [] } = await sqs.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: queueUrl,
      Entries: entries.map(({ delivery, seconds }, index) => ({
        Id: String(index),
        ReceiptHandle: delivery.receiptHandle,
        VisibilityTimeout: seconds,
      })),
    }),
  );
  return Failed.flatMap(({ Id }) => entries[Number(Id)]?.delivery.messageId ?? []);
};

/** Visibility on any queue. Both methods reject when SQS cannot be reached. */
export const createVisibility = (sqs: SQSClient): Visibility => ({
  change: async (entries) => {
    const byQueue = Map.groupBy(entries, ({ delivery }) => delivery.queueUrl);
    const requests = [...byQueue].flatMap(([queueUrl, ofQueue]) =>
      chunksOf(ofQueue, ENTRIES_MAX).map((chunk) => changeOnce(sqs, queueUrl, chunk)),
    );
    return (await Promise.all(requests)).flat();
  },
  release: async ({ queueUrl, handle }) => {
    try {
      await sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: handle,
          VisibilityTimeout: 0,
        }),
      );
      return true;
    } catch (error) {
      if (isStale(error)) return false;
      throw error;
    }
  },
});
