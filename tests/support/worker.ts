/** A worker on a real queue, table and bucket, driven by hand: what the mapping would do, step by step. */
import { S3Client } from '@aws-sdk/client-s3';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import type { HoldAllocator } from '#shared/billing/ports.ts';
import { PLACED_ATTRIBUTE, RECEIVES_MAX, RELEASED_ATTRIBUTE } from '#shared/contracts/queues.ts';
import { createControlStore } from '#shared/control/dynamo/controlStore.ts';
import { createGate } from '#shared/control/gate.ts';
import type { ControlStore } from '#shared/control/ports.ts';
import type { Dispatcher } from '#shared/dispatch/ports.ts';
import { createChainStore } from '#shared/jobs/dynamo/chainStore.ts';
import { createFaultLog } from '#shared/jobs/dynamo/faultLog.ts';
import { createFlowStore } from '#shared/jobs/dynamo/flowStore.ts';
import { createGroupHalts } from '#shared/jobs/dynamo/groupHalts.ts';
import { createDueReader } from '#shared/jobs/dynamo/jobReader.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { createLimiter } from '#shared/jobs/dynamo/limiter.ts';
import { createTicks } from '#shared/jobs/dynamo/scheduleTicks.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import { createStepStore } from '#shared/jobs/dynamo/stepStore.ts';
import { relay } from '#shared/jobs/flow/relay.ts';
import { keepTime, type TimekeeperReport } from '#shared/jobs/flow/timekeeper.ts';
import type { Signalled } from '#shared/jobs/flow/wakes.ts';
import { createHttpClient } from '#shared/jobs/http/httpClient.ts';
import type { Kinds } from '#shared/jobs/kinds/defineJob.ts';
import type { Blobs, Delivery, JobStore } from '#shared/jobs/ports/jobs.ts';
import type { PoolRouter } from '#shared/jobs/ports/pools.ts';
import type { Workspaces } from '#shared/jobs/ports/workspaces.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { createBlobs } from '#shared/jobs/s3/blobs.ts';
import { createWorkspaces } from '#shared/jobs/s3/workspaces.ts';
import { textOf } from '#shared/jobs/sqs/attributeText.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import type { Disposition } from '#shared/jobs/worker/disposition.ts';
import {
  type BatchDeps,
  type BatchReport,
  processBatch,
} from '#shared/jobs/worker/processBatch.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import { createJobsTable } from './table.ts';

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const REGION = 'us-east-1';
const VISIBILITY_SECONDS = 600;

/** The worker of a mesh without pools. */
export const NO_POOLS: PoolRouter = {
  runSecondsMax: LIMITS.timeoutSecondsMax,
  isElsewhere: () => false,
  move: () => Promise.reject(new Error('there are no pools')),
};

/** For tests whose jobs cost nothing. */
export const NO_ALLOCATOR: HoldAllocator = {
  take: () => Promise.reject(new Error('no ledger here')),
};

/** For tests whose jobs run in the worker. */
export const NO_HOSTS: Dispatcher = {
  run: () => Promise.reject(new Error('no mesh here')),
};

interface ManualClock {
  now(): number;
  /** Moves the worker's time, not the queue's; ms. */
  advance(ms: number): void;
}

export interface TestWorker {
  readonly deps: BatchDeps;
  readonly control: ControlStore;
  readonly sqs: SQSClient;
  /** Jobs whose end was to be settled. */
  readonly charged: readonly JobRecord[];
  /** Jobs whose end was to be called back. */
  readonly announced: readonly JobRecord[];
  readonly queueUrl: string;
  readonly table: { readonly client: DynamoDBDocumentClient; readonly table: string };
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
  /** What the stream would tell the relay of these jobs. */
  relay(...ids: readonly string[]): Promise<void>;
  /** What the stream would tell the relay of signals and of runs that stopped. */
  tell(streamed: {
    readonly calling?: readonly JobRecord[];
    readonly dropping?: readonly JobRecord[];
    readonly signalled?: readonly Signalled[];
  }): Promise<void>;
  /** What the timekeeper does in a minute, at the worker's time. */
  tick(): Promise<TimekeeperReport>;
  /** Receives and runs until nothing is left that may run now. */
  drain(over?: Partial<BatchDeps>): Promise<readonly Disposition[]>;
  /** Hands out again what waits in the queue, whatever its time. */
  ripen(): Promise<void>;
  /** What SQS gave up on. */
  deadLetters(): number;
  /** Seconds each message in flight stays invisible, by message id. */
  invisibleFor(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

export const attributeIn = (
  attributes: Message['MessageAttributes'],
  name: string,
): string | undefined => {
  const value = attributes?.[name]?.StringValue;
  return value === undefined ? undefined : textOf(value);
};

/** As the worker's adapter reads them of Lambda's event. */
export const groupsOf = ({
  Attributes,
  MessageAttributes,
}: Pick<Message, 'Attributes' | 'MessageAttributes'>): Pick<Delivery, 'group' | 'messageGroup'> => {
  const own = Attributes?.MessageGroupId ?? '';
  const placedIn = attributeIn(MessageAttributes, PLACED_ATTRIBUTE);
  return placedIn === undefined ? { group: own } : { group: placedIn, messageGroup: own };
};

const deliveryOf = (
  queueUrl: string,
  { MessageId = '', ReceiptHandle = '', Body = '', Attributes, MessageAttributes }: Message,
): Delivery => ({
  ...groupsOf({ Attributes, MessageAttributes }),
  messageId: MessageId,
  receiptHandle: ReceiptHandle,
  queueUrl,
  priority: 'normal',
  body: Body,
  deduplicationId: Attributes?.MessageDeduplicationId,
  sentAt: Number(Attributes?.SentTimestamp),
  receives: Number(Attributes?.ApproximateReceiveCount),
  released: attributeIn(MessageAttributes, RELEASED_ATTRIBUTE),
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
  server.createQueue('jobs-dead.fifo', { attributes: { FifoQueue: 'true' } });
  const deadLetterTargetArn = `arn:aws:sqs:${REGION}:000000000000:jobs-dead.fifo`;
  const attributes = {
    FifoQueue: 'true',
    VisibilityTimeout: String(VISIBILITY_SECONDS),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: RECEIVES_MAX }),
  };
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
  const logger = { debug: quiet, info: quiet, warn, error: warn };
  const control = createControlStore({ client, table });
  const deps: BatchDeps = {
    kinds,
    store,
    flows: createFlowStore({ client, table }),
    faults: createFaultLog({ client, table }),
    gate: createGate({ store: control, clock, logger, freshMs: 0, defaults: undefined }),
    chains: createChainStore({ client, table }),
    groups: createGroupHalts({ client, table }),
    ticks: createTicks({ client, table }),
    pools: NO_POOLS,
    stepStore: createStepStore({ client, table }),
    signals: createSignalStore({ client, table }, createJobStore({ client, table })),
    allocator: NO_ALLOCATOR,
    hosts: NO_HOSTS,
    limiter: createLimiter({ client, table, clock, random: { next: () => 0 } }),
    blobs,
    services: { workspaces, http: createHttpClient({ allow: ['127.0.0.0/8'] }) },
    visibility: createVisibility(sqs),
    clock,
    ids: systemIds,
    random: { next: () => 0 },
    logger,
    leaseSeconds: 60,
    retentionSeconds: 604_800,
    graceSeconds: 0,
  };
  const byPriority = { critical: queueUrl, high: queueUrl, normal: queueUrl, low: queueUrl };
  const outgoing = createOutgoing({ sqs, queueUrls: byPriority });
  const announced: JobRecord[] = [];
  const charged: JobRecord[] = [];
  const firstSeen = new Map<string, number>();
  let sent = 0;
  const relayDeps = {
    ...deps,
    signals: createSignalStore({ client, table }, store),
    outgoing,
    announcements: { announce: async (of: readonly JobRecord[]) => void announced.push(...of) },
    charges: { send: async (of: readonly JobRecord[]) => void charged.push(...of) },
  };
  const worker: TestWorker = {
    deps,
    control,
    sqs,
    announced,
    charged,
    queueUrl,
    table: { client, table },
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
        MessageAttributeNames: ['All'],
      });
      const { Messages = [] } = await sqs.send(request);
      return Messages.map((message) => {
        const delivery = deliveryOf(queueUrl, message);
        // The queue's time does not move with the worker's: the first receive ties them together.
        const ahead = firstSeen.get(delivery.messageId) ?? clock.now() - Date.now();
        firstSeen.set(delivery.messageId, ahead);
        return { ...delivery, sentAt: delivery.sentAt + ahead };
      });
    },
    run: async (deliveries, { remainingMs = 900_000, ...over } = {}) => {
      const report = await processBatch(deliveries, 'request', () => remainingMs, {
        ...deps,
        ...over,
      });
      for (const { messageId, receiptHandle: ReceiptHandle } of deliveries)
        if (!report.returned.includes(messageId))
          await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      return report;
    },
    relay: async (...ids) => {
      const ended = await Promise.all(ids.map((id) => store.get(id)));
      await relay({ ended: ended.flatMap((record) => record ?? []) }, relayDeps);
    },
    tell: (streamed) => relay({ ended: [], ...streamed }, relayDeps),
    tick: () => keepTime({ ...deps, outgoing, due: createDueReader({ client, table }) }),
    drain: async (over) => {
      const all: Disposition[] = [];
      for (;;) {
        const deliveries = await worker.receive();
        if (deliveries.length === 0) return all;
        all.push(...(await worker.run(deliveries, over)).dispositions);
      }
    },
    step: async (over) => worker.run(await worker.receive(), over),
    ripen: async () => {
      const inflight = server.inspectQueue('jobs.fifo')?.messages.inflight ?? [];
      for (const { receiptHandle: handle } of inflight)
        await deps.visibility.release({ queueUrl, handle });
    },
    deadLetters: () => {
      const { ready = [], inflight = [] } = server.inspectQueue('jobs-dead.fifo')?.messages ?? {};
      return ready.length + inflight.length;
    },
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
