/** A queue that takes and refuses what SQS documents: characters, sizes with attributes, whole requests. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';
import { sizeOf } from '#shared/aws/sendAll.ts';
import { MESSAGE_BYTES_MAX } from '#shared/contracts/queues.ts';

interface Batch {
  readonly QueueUrl: string;
  readonly Entries: readonly SendMessageBatchRequestEntry[];
}

export interface StrictQueue {
  readonly sqs: SQSClient;
  /** Of each request, how many entries it had. */
  readonly requests: number[];
  readonly taken: SendMessageBatchRequestEntry[];
  /** Ids of entries that are refused by a fault of the queue's own, once. */
  readonly stumbles: Set<string>;
  stop(): void;
}

/** #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD, #x10000 to #x10FFFF, as SQS has it. */
const TAKEN = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;

const textsOf = ({ MessageBody = '', MessageAttributes = {} }: SendMessageBatchRequestEntry) => [
  MessageBody,
  ...Object.values(MessageAttributes).map(({ StringValue = '' }) => StringValue),
];

const refusalOf = (entry: SendMessageBatchRequestEntry, stumbles: Set<string>) => {
  const fault = { Id: entry.Id, SenderFault: true };
  if (!textsOf(entry).every((text) => TAKEN.test(text)))
    return { ...fault, Code: 'InvalidMessageContents', Message: 'Invalid binary character' };
  if (stumbles.delete(entry.MessageDeduplicationId ?? ''))
    return { ...fault, SenderFault: false, Code: 'InternalError', Message: 'try again' };
  return undefined;
};

export const startStrictQueue = (): StrictQueue => {
  const requests: number[] = [];
  const taken: SendMessageBatchRequestEntry[] = [];
  const stumbles = new Set<string>();
  const answer = ({ QueueUrl, Entries }: Batch): readonly [number, object, string] => {
    requests.push(Entries.length);
    if (QueueUrl.endsWith('missing')) return [400, {}, 'AWS.SimpleQueueService.NonExistentQueue'];
    if (Entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > MESSAGE_BYTES_MAX)
      return [400, {}, 'AWS.SimpleQueueService.BatchRequestTooLong'];
    const Failed = Entries.flatMap((entry) => refusalOf(entry, stumbles) ?? []);
    const not = new Set(Failed.map(({ Id }) => Id));
    const good = Entries.filter(({ Id }) => !not.has(Id));
    taken.push(...good);
    return [200, { Failed, Successful: good.map(({ Id }) => ({ Id, MessageId: `m${Id}` })) }, ''];
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [status, body, code] = answer(JSON.parse(Buffer.concat(chunks).toString()) as Batch);
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.0',
        ...(code && { 'x-amzn-query-error': `${code};Sender` }),
      });
      response.end(JSON.stringify(code ? { __type: code, message: 'no' } : body));
    });
  }).listen(0);
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    md5: false,
    maxAttempts: 1,
  });
  return {
    sqs,
    requests,
    taken,
    stumbles,
    stop: () => {
      sqs.destroy();
      server.close();
    },
  };
};
