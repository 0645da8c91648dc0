/** A worker on a real queue, table and bucket, driven by hand: what the mapping would do, step by step. */
import { S3Client } from '@aws-sdk/client-s3';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import type { Kinds } from '#shared/jobs/defineJob.ts';
import { createJobStore } from '#shared/jobs/dynamo/store.ts';
import { createHttpClient } from '#shared/jobs/http/client.ts';
import type { Blobs, Delivery, JobStore, Workspaces } from '#shared/jobs/ports.ts';
import { type BatchDeps, type BatchReport, runBatch } from '#shared/jobs/runBatch.ts';
import { createBlobs } from '#shared/jobs/s3/blobs.ts';
import { createWorkspaces } from '#shared/jobs/s3/workspaces.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { createJobsTable } from './table.ts';

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const REGION = 'us-east-1';
const VISIBILITY_SECONDS = 600;

interface ManualClock {
  now(): number;
  /** Moves the worker's time, not the queue's; ms. */
  advance(ms: number): void;
}

export interface TestWorker {
  readonly store: JobStore;
  readonly blobs: Blobs;
  readonly workspaces: Workspaces;
  readonly clock: ManualClock;
  readonly warnings: string[];
  send(body: unknown, group?: string): Promise<string>;
  receive(): Promise<readonly Delivery[]>;
  /** Runs a batch and deletes what it does not return, as the mapping does. */
  run(
    deliveries: readonly Delivery[],
    over?: Partial<BatchDeps> & { remainingMs?: number },
  ): Promise<BatchReport>;
  /** Receives and runs once. */
  step(over?: Partial<BatchDeps> & { remainingMs?: number }): Promise<BatchReport>;
  /** Seconds each message in flight stays invisible, by message id. */
  invisibleFor(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

const deliveryOf = (
  queueUrl: string,
  { MessageId = '', ReceiptHandle = '', Body = '', Attributes }: Message,
): Delivery => ({
  messageId: MessageId,
  receiptHandle: ReceiptHandle,
  queueUrl,
  priority: 'normal',
  group: Attributes?.MessageGroupId ?? '',
  body: Body,
  sentAt: Number(Attributes?.SentTimestamp),
});

const manualClock = (): ManualClock => {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    advance: (ms) => {
      offset += ms;
    },
  };
};

const openQueue = (server: FauxqsServer) => {
  const attributes = { FifoQueue: 'true', VisibilityTimeout: String(VISIBILITY_SECONDS) };
  const { queueUrl } = server.createQueue('jobs.fifo', { attributes });
  const endpoint = `http://127.0.0.1:${server.port}`;
  return { queueUrl, endpoint };
};

export const startWorker = async (dynamoEndpoint: string, kinds: Kinds): Promise<TestWorker> => {
  const server = await startFauxqs({ port: 0, logger: false });
  const { queueUrl, endpoint } = openQueue(server);
  server.createBucket('data');
  const sqs = new SQSClient({ region: REGION, endpoint, credentials: CREDENTIALS });
  const s3 = new S3Client({
    region: REGION,
    endpoint,
    credentials: CREDENTIALS,
    forcePathStyle: true,
  });
  const { client, table } = await createJobsTable(dynamoEndpoint);
  const clock = manualClock();
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const quiet = (): void => undefined;
  const bucket = { s3, bucket: 'data' };
  const [store, blobs, workspaces] = [
    createJobStore({ client, table }),
    createBlobs(bucket),
    createWorkspaces(bucket),
  ];
  const deps: BatchDeps = {
    kinds,
    store,
    blobs,
    services: { workspaces, http: createHttpClient({ allow: ['127.0.0.0/8'] }) },
    visibility: createVisibility(sqs),
    clock,
    ids: systemIds,
    random: { next: () => 0 },
    logger: { debug: quiet, info: quiet, warn, error: warn },
    leaseSeconds: 60,
  };
  let sent = 0;
  const worker: TestWorker = {
    store,
    blobs,
    workspaces,
    clock,
    warnings,
    send: async (body, group = `group-${sent}`) => {
      sent += 1;
      const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
      const { MessageId = '' } = await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody,
          MessageGroupId: group,
          MessageDeduplicationId: String(sent),
        }),
      );
      return MessageId;
    },
    receive: async () => {
      const request = new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
      });
      const { Messages = [] } = await sqs.send(request);
      return Messages.map((message) => deliveryOf(queueUrl, message));
    },
    run: async (deliveries, { remainingMs = 900_000, ...over } = {}) => {
      const report = await runBatch(deliveries, 'request', () => remainingMs, { ...deps, ...over });
      for (const { messageId, receiptHandle: ReceiptHandle } of deliveries)
        if (!report.returned.includes(messageId))
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      return report;
    },
    step: async (over) => worker.run(await worker.receive(), over),
    invisibleFor: () => {
      const inflight = server.inspectQueue('jobs.fifo')?.messages.inflight ?? [];
      return Object.fromEntries(
        inflight.map(({ message, visibilityDeadline }) => [
          message.messageId,
          Math.round((visibilityDeadline - Date.now()) / 1_000),
        ]),
      );
    },
    stop: async () => {
      for (const each of [sqs, s3, client]) each.destroy();
      await server.stop();
    },
  };
  return worker;
};
