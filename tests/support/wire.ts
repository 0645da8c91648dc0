/** SDK clients whose requests go nowhere: what would be sent is kept, and answered by the test. */
import { Readable } from 'node:stream';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';

interface Sent<Input> {
  /** Such as `PutItem`; of a service without such names the method and path. */
  readonly action: string;
  /** As it is on the wire: attributes of items have their types. */
  readonly input: Input;
}

export type Answer<Input> = (sent: Sent<Input>) => object;

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const handlerOf = <Input>(answer: Answer<Input>) => ({
  handle: ({ method, path, headers, body = '' }: Request) => {
    const [, action = `${method} ${path}`] = headers['x-amz-target']?.split('.') ?? [];
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
    const told = answer({ action, input: JSON.parse(text === '' ? '{}' : text) as Input });
    const response = {
      statusCode: 200,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: Readable.from([Buffer.from(JSON.stringify(told))]),
    };
    return Promise.resolve({ response });
  },
});

const optionsOf = <Input>(answer: Answer<Input>) => ({
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  requestHandler: handlerOf(answer) as never,
});

export const dynamoOf = <Input>(answer: Answer<Input>): DynamoDBClient =>
  new DynamoDBClient(optionsOf(answer));

interface SendBatch {
  readonly Entries: readonly Readonly<Record<string, unknown>>[];
}

/** @param sent gets the messages, without the number that each has within its request */
export const sqsOf = (sent: unknown[]): SQSClient => {
  const answer: Answer<SendBatch> = ({ input: { Entries } }) => {
    sent.push(...Entries.map(({ Id: _id, ...entry }) => entry));
    return { Successful: Entries.map(({ Id }) => ({ Id, MessageId: 'm', MD5OfMessageBody: '' })) };
  };
  return new SQSClient({ ...optionsOf(answer), md5: false });
};

/** @param sent gets the entries */
export const eventsOf = (sent: unknown[]): EventBridgeClient => {
  const answer: Answer<SendBatch> = ({ input: { Entries } }) => {
    sent.push(...Entries);
    return { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'e' })) };
  };
  return new EventBridgeClient(optionsOf(answer));
};

export const schedulerOf = (answer: Answer<object>): SchedulerClient =>
  new SchedulerClient(optionsOf(answer));
