import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareMessages } from '#emulator/services/messageFile.ts';
import { createQueues } from '#emulator/services/queues.ts';

const REGION = 'us-east-1';
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const DEAD = 'arn:aws:sqs:us-east-1:000000000000:dead.fifo';
const QUEUES = [
  { name: 'dead.fifo', properties: { FifoQueue: true } },
  {
    name: 'jobs.fifo',
    properties: {
      FifoQueue: true,
      VisibilityTimeout: 900,
      RedrivePolicy: { deadLetterTargetArn: DEAD, maxReceiveCount: 2 },
    },
  },
];

let folder: string;
let server: FauxqsServer;
let sqs: SQSClient;

const start = async (queues: Parameters<typeof createQueues>[3] = QUEUES): Promise<void> => {
  prepareMessages(folder);
  server = await startFauxqs({ port: 0, logger: false, defaultRegion: REGION, dataDir: folder });
  const endpoint = `http://127.0.0.1:${server.port}`;
  sqs = new SQSClient({ region: REGION, endpoint, credentials: CREDENTIALS });
  await createQueues(server, sqs, REGION, queues);
  server.createBucket('data');
};
const stop = async (): Promise<void> => {
  sqs.destroy();
  await server.stop();
};
const again = async (queues?: typeof QUEUES): Promise<void> => {
  await stop();
  await start(queues);
};
const url = (name: string): string => `http://127.0.0.1:${server.port}/000000000000/${name}`;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sheratan-messages-'));
  await start();
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

const send = (body: string, group = 'a') =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: url('jobs.fifo'),
      MessageBody: body,
      MessageGroupId: group,
      MessageDeduplicationId: body,
    }),
  );
const receive = async (name = 'jobs.fifo'): Promise<readonly Message[]> => {
  const request = {
    QueueUrl: url(name),
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 0,
    MessageSystemAttributeNames: ['All'] as const,
  };
  return (
    (
      await sqs.send(
        new ReceiveMessageCommand({ ...request, MessageSystemAttributeNames: ['All'] }),
      )
    ).Messages ?? []
  );
};
const setVisibility = ({ ReceiptHandle }: Message, seconds: number) =>
  sqs.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: url('jobs.fifo'),
      ReceiptHandle,
      VisibilityTimeout: seconds,
    }),
  );
const told = (messages: readonly Message[]) =>
  messages.map(({ Body, Attributes }) => [Body, Attributes?.['ApproximateReceiveCount']]);

describe('messages that outlive their server', () => {
  it('are in their order and groups, with their receives', async () => {
    for (const body of ['a1', 'a2', 'a3']) await send(body);
    await send('b1', 'b');
    await again();
    expect(told(await receive())).toEqual([
      ['a1', '1'],
      ['b1', '1'],
    ]);
    await again();
    expect(told(await receive())).toEqual([
      ['a1', '2'],
      ['b1', '2'],
    ]);
  });

  it('can be made visible at once, and have been received all the same', async () => {
    await send('a1');
    const [first = expect.unreachable()] = await receive();
    await setVisibility(first, 0);
    await again();
    expect(told(await receive())).toEqual([['a1', '2']]);
  });

  it('are visible again when their receiver had not said a word, else at their time', async () => {
    await send('silent', 'a');
    await send('leased', 'b');
    const [, leased = expect.unreachable()] = await receive();
    await setVisibility(leased, 600);
    await again();
    expect(told(await receive())).toEqual([['silent', '2']]);
    expect(server.inspectQueue('jobs.fifo')?.messages.inflight).toHaveLength(2);
  });

  it('are not lost by a kill on their way to the dead letters', async () => {
    await send('poison');
    for (const _ of [1, 2]) for (const each of await receive()) await setVisibility(each, 0);
    await stop();
    // The first of the two writes of the move.
    const file = new DatabaseSync(join(folder, 'fauxqs.db'));
    expect(file.prepare('DELETE FROM sqs_messages').run().changes).toBe(1);
    file.close();
    await start();
    expect(await receive()).toEqual([]);
    expect(told(await receive('dead.fifo'))).toEqual([['poison', '4']]);
    await again();
    expect(server.inspectQueue('dead.fifo')?.messages.ready).toHaveLength(1);
    expect(server.inspectQueue('jobs.fifo')?.messages).toEqual({
      ready: [],
      delayed: [],
      inflight: [],
    });
  });
});

it('gives a queue that is kept the settings of a new template', async () => {
  await send('a1');
  const properties = { FifoQueue: true, VisibilityTimeout: 60 };
  await again([...QUEUES.slice(0, 1), { name: 'jobs.fifo', properties }] as typeof QUEUES);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url('jobs.fifo'), AttributeNames: ['All'] }),
  );
  expect(Attributes).toMatchObject({ VisibilityTimeout: '60' });
  expect(told(await receive())).toEqual([['a1', '1']]);
});

it('keeps what is in buckets', async () => {
  const s3 = () =>
    new S3Client({
      region: REGION,
      endpoint: `http://127.0.0.1:${server.port}`,
      credentials: CREDENTIALS,
      forcePathStyle: true,
    });
  await s3().send(new PutObjectCommand({ Bucket: 'data', Key: 'a/b', Body: 'text' }));
  await again();
  const { Body } = await s3().send(new GetObjectCommand({ Bucket: 'data', Key: 'a/b' }));
  expect(await Body?.transformToString()).toBe('text');
});
