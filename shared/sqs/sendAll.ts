/** Messages on their way to a queue, for the adapters of all queues whose messages are small. */
import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { chunksOf } from '#shared/kernel/batches.ts';

const ENTRIES_MAX = 10;

/** @param refused the error for what the queue did not take; nothing after it is sent */
export const sendAll = async (
  sqs: SQSClient,
  QueueUrl: string,
  messages: readonly Omit<SendMessageBatchRequestEntry, 'Id'>[],
  refused: (what: string) => Error,
): Promise<void> => {
  for (const page of chunksOf(messages, ENTRIES_MAX)) {
    const Entries = page.map((message, index) => ({ Id: String(index), ...message }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    const [first] = Failed;
    if (first) throw refused(`${Failed.length} of ${page.length}: ${first.Code} ${first.Message}`);
  }
};
