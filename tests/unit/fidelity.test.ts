/** Where the queues of the embedded cloud differ from SQS, as docs/concepts.md says. */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';

let server: FauxqsServer;
let sqs: SQSClient;
let QueueUrl: string;
beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false });
  ({ queueUrl: QueueUrl } = server.createQueue('q.fifo', { attributes: { FifoQueue: 'true' } }));
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const endpoint = `http://127.0.0.1:${server.port}`;
  sqs = new SQSClient({ region: 'us-east-1', credentials, endpoint });
});
afterAll(async () => {
  sqs.destroy();
  await server.stop();
});

const send = (id: string, group: string) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: id,
      MessageGroupId: group,
      MessageDeduplicationId: id,
    }),
  );
const receive = async () => {
  const asked = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
  const { Messages = [] } = await sqs.send(asked);
  return Messages;
};

it('a receive gives one message of a group: SQS gives as many as it can', async () => {
  for (const id of ['1', '2', '3']) await send(id, 'one');
  expect((await receive()).map(({ Body }) => Body)).toEqual(['1']);
});

it('a stale receipt has a name of its own: in SQS it is an invalid parameter', async () => {
  await send('stale', 'two');
  const [{ ReceiptHandle = '', MessageId = '' } = {}] = await receive();
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  for (const handle of [ReceiptHandle, 'unknown'])
    await expect(
      sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl,
          ReceiptHandle: handle,
          VisibilityTimeout: 5,
        }),
      ),
    ).rejects.toMatchObject({ name: 'MessageNotInflight' });
  // For the worker both are the same: the message does not come back by this receipt.
  const release = createVisibility(sqs).release({ queueUrl: QueueUrl, handle: ReceiptHandle });
  expect(await release).toBe(false);
  expect(MessageId).not.toBe('');
});

it('attributes count in the size of a message and of a batch, as in SQS', async () => {
  const entry = (Id: string, characters: number) => ({
    Id,
    MessageBody: 'x'.repeat(characters),
    MessageGroupId: 'large',
    MessageDeduplicationId: Id,
    MessageAttributes: { more: { DataType: 'String', StringValue: 'y'.repeat(characters) } },
  });
  const one = { QueueUrl, ...entry('whole', 540_000) };
  await expect(sqs.send(new SendMessageCommand(one))).rejects.toThrow(/shorter than 1048576 bytes/);
  const two = { QueueUrl, Entries: [entry('a', 270_000), entry('b', 270_000)] };
  await expect(sqs.send(new SendMessageBatchCommand(two))).rejects.toMatchObject({
    name: 'BatchRequestTooLong',
  });
});
