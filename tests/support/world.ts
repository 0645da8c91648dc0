/** A small mesh whose every invocation may be struck: worker, relay, timekeeper, reporter by turns. */
import { type AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { type Message, SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { FauxqsServer } from 'fauxqs';
import { OPTIONS } from '#shared/aws/clients.ts';
import { tableClient } from '#shared/aws/tableClient.ts';
import type { Charges, HoldAllocator } from '#shared/billing/ports.ts';
import type { Charge } from '#shared/billing/settleCharge.ts';
import { chargeIn, createCharges } from '#shared/billing/sqs/postingsQueue.ts';
import { RELEASED_ATTRIBUTE } from '#shared/contracts/queues.ts';
import { createControlStore } from '#shared/control/dynamo/controlStore.ts';
import { createGate } from '#shared/control/gate.ts';
import { type Control, INITIAL } from '#shared/control/state.ts';
import { type Announcement, reportEnd } from '#shared/jobs/callbacks/deliver.ts';
import { createChainStore } from '#shared/jobs/dynamo/chainStore.ts';
import { createDeliveryLog } from '#shared/jobs/dynamo/deliveryLog.ts';
import { createFaultLog } from '#shared/jobs/dynamo/faultLog.ts';
import { createFlowStore } from '#shared/jobs/dynamo/flowStore.ts';
import { createGroupHalts } from '#shared/jobs/dynamo/groupHalts.ts';
import { createDueReader } from '#shared/jobs/dynamo/jobReader.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { createLimiter } from '#shared/jobs/dynamo/limiter.ts';
import { jobRecordOf } from '#shared/jobs/dynamo/recordItems.ts';
import { createTicks } from '#shared/jobs/dynamo/scheduleTicks.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import { createStepStore } from '#shared/jobs/dynamo/stepStore.ts';
import { relay as relayStreamed } from '#shared/jobs/flow/relay.ts';
import { keepTime } from '#shared/jobs/flow/timekeeper.ts';
import type { Signalled } from '#shared/jobs/flow/wakes.ts';
import type { Kinds } from '#shared/jobs/kinds/defineJob.ts';
import { cancelJob } from '#shared/jobs/operator/cancel.ts';
import type { Delivery, HttpClient } from '#shared/jobs/ports/jobs.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import { createBlobs } from '#shared/jobs/s3/blobs.ts';
import { createWorkspaces } from '#shared/jobs/s3/workspaces.ts';
import { createAnnouncements } from '#shared/jobs/sqs/announcements.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import { type BatchDeps, processBatch } from '#shared/jobs/worker/processBatch.ts';
import { inBatches } from '#shared/kernel/batches.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { type Clock, systemIds } from '#shared/kernel/ports.ts';
import { isDone, type Outcome } from '#shared/ledger/core/types.ts';
import { createInjector, type Fault, type Injector } from './faults.ts';
import { plainAsk } from './plainAsk.ts';
import { createJobsTable, dropTable } from './table.ts';
import { attributeIn, groupsOf, NO_ALLOCATOR, NO_HOSTS, NO_POOLS } from './worker.ts';

/** Where it comes from is tested apart. */
const SECRETS = { callback: () => Promise.resolve(['whsec_d29ybGQgd29ybGQgd29ybGQgd29ybGQ=']) };
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const REGION = 'us-east-1';
const ROUND_MS = 70_000;
/** The timekeeper sends two minutes ahead; two rounds before that show that it does not send earlier. */
const BEFORE_DUE_MS = 120_000 + 2 * ROUND_MS;
const quiet = (): void => undefined;
type Item = Readonly<Record<string, unknown>>;

const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** A ledger beside the mesh. */
export interface Money {
  /** Of one process: what it remembers dies with it. */
  allocator(): HoldAllocator;
  settle(charge: Charge): Promise<Outcome>;
  /** What a minute brings. */
  tick(): Promise<unknown>;
}

export interface WorldOptions {
  readonly kinds: Kinds;
  readonly dynamoEndpoint: string;
  readonly server: FauxqsServer;
  readonly plan: (call: number, name: string) => Fault | undefined;
  /** What somebody else does before the n-th call. */
  readonly meanwhile?: (call: number, world: World) => Promise<unknown> | undefined;
  readonly control?: Partial<Control>;
  /** First messages count as received so often that the table takes over what must wait. */
  readonly worn?: true;
  readonly http?: HttpClient;
  readonly money?: (attach: Injector['attach']) => Money;
  /** What an environment of the worker has beside; its calls are struck when it lets them. */
  readonly equip?: (injector: Injector, clock: Clock) => Pick<BatchDeps, 'hosts' | 'allocator'>;
  readonly charges?: Charges;
  /** Time passes only between rounds, so that what is due together is the same on every machine. */
  readonly still?: true;
  /** Sees what the invocations send. */
  readonly observe?: (client: DynamoDBDocumentClient, sqs: SQSClient) => void;
}

export interface World {
  readonly calls: readonly string[];
  send(envelope: object, group: string): Promise<void>;
  /** What a person does at the command. */
  cancel(id: string): Promise<unknown>;
  /** Worker, relay, reporter, timekeeper once each; then time passes. */
  round(): Promise<void>;
  /** Rounds until all jobs have ended and nothing waits in any queue; false when that takes too long. */
  settle(roundsMax: number): Promise<boolean>;
  jobs(): Promise<readonly JobRecord[]>;
  now(): number;
  /** How often the timekeeper looked. */
  ticks(): number;
  delivery(id: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** What one world has, and a later one takes over: the SDK's clients and an empty table. */
interface Things {
  /** Of what the mesh does; faults strike here and at the bucket. */
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  /** Of who looks at the mesh from outside. */
  readonly outside: SQSClient;
  readonly dynamo: DynamoDBClient;
  readonly jobs: Awaited<ReturnType<typeof createJobsTable>>;
}

const thingsAt = async (endpoint: string, dynamoEndpoint: string): Promise<Things> => {
  const { logger: silent, sha256 } = OPTIONS;
  const common = { region: REGION, endpoint, credentials: CREDENTIALS, logger: silent, sha256 };
  const dynamo = new DynamoDBClient({ ...common, endpoint: dynamoEndpoint });
  return {
    sqs: new SQSClient(common),
    s3: new S3Client({ ...common, forcePathStyle: true }),
    outside: new SQSClient(common),
    dynamo,
    jobs: await createJobsTable(dynamoEndpoint, dynamo),
  };
};

/**
 * Things of worlds that ended, by their endpoints: a file makes hundreds of worlds, and these things are
 * a fifth of the work.
 */
const spare = new Map<string, Things[]>();

const DELETED_AT_ONCE = 25;
interface Unprocessed {
  readonly UnprocessedItems?: Readonly<Record<string, readonly unknown[]>>;
}

let worlds = 0;

export const createWorld = async (options: WorldOptions): Promise<World> => {
  const { kinds, dynamoEndpoint, server, plan } = options;
  worlds += 1;
  const nameOf = (queue: string): string => `${queue}-${worlds}.fifo`;
  const attributes = { FifoQueue: 'true', VisibilityTimeout: '600' };
  const jobsUrl = server.createQueue(nameOf('jobs'), { attributes }).queueUrl;
  const resultsUrl = server.createQueue(nameOf('results'), { attributes }).queueUrl;
  const postingsUrl = server.createQueue(nameOf('postings'), { attributes }).queueUrl;
  const endpoint = `http://127.0.0.1:${server.port}`;
  const place = `${endpoint} ${dynamoEndpoint}`;
  // Whoever observes leaves the clients changed.
  const used = options.observe ? undefined : spare.get(place)?.pop();
  const things = used ?? (await thingsAt(endpoint, dynamoEndpoint));
  const { sqs, outside, s3, dynamo } = things;
  const { client: clean, table } = things.jobs;
  const askTable = plainAsk(dynamoEndpoint, 'DynamoDB_20120810');
  const askQueue = plainAsk(endpoint, 'AmazonSQS');
  const struck = tableClient(dynamo);
  const injector = createInjector(plan, (call) => options.meanwhile?.(call, world));
  injector.attach(struck);
  const detach = [sqs, s3].map(injector.attach);
  options.observe?.(struck, sqs);
  const money = options.money?.(injector.attach);

  let offset = 0;
  const began = Date.now();
  const clock = { now: () => (options.still ? began : Date.now()) + offset };
  const jobs = { client: struck, table };
  const bucket = { s3, bucket: 'data' };
  const kept = createControlStore(jobs);
  // Only what takes groups over leaves word in the control item.
  const control = options.worn
    ? kept
    : { get: () => Promise.resolve({ ...INITIAL, ...options.control }) };
  const gateOptions = { store: control, clock, logger, freshMs: 0, defaults: undefined };
  const shared = {
    store: createJobStore(jobs),
    flows: createFlowStore(jobs),
    blobs: createBlobs(bucket),
    clock,
    logger,
    random: { next: () => 0.5 },
  };
  const queueUrls = { critical: jobsUrl, high: jobsUrl, normal: jobsUrl, low: jobsUrl };
  const outgoing = createOutgoing({ sqs, queueUrls });
  const visibility = createVisibility(sqs);
  const services = { workspaces: createWorkspaces(bucket), http: options.http ?? unreachable };
  const limiter = createLimiter({ ...jobs, clock, random: shared.random });
  const worker = { ...shared, kinds, services, visibility, limiter };
  const lease = {
    ids: systemIds,
    leaseSeconds: 60,
    retentionSeconds: 604_800,
    graceSeconds: 0,
  };
  const workerDeps = {
    ...worker,
    ...lease,
    chains: createChainStore(jobs),
    faults: createFaultLog(jobs),
    groups: createGroupHalts(jobs),
    ticks: createTicks(jobs),
    pools: NO_POOLS,
    stepStore: createStepStore(jobs),
    signals: createSignalStore(jobs, createJobStore(jobs)),
    allocator: NO_ALLOCATOR,
    hosts: NO_HOSTS,
  };
  const announcements = createAnnouncements(sqs, resultsUrl);
  const log = createDeliveryLog(jobs);
  const reporter = { ...shared, http: services.http, log, secrets: SECRETS };

  const messagesIn = (queueUrl: string) =>
    server.inspectQueue(queueUrl.slice(queueUrl.lastIndexOf('/') + 1))?.messages;
  const receive = async (queueUrl: string): Promise<readonly Message[]> => {
    // A poll that finds nothing proves nothing, and there are thousands.
    if (messagesIn(queueUrl)?.ready.length === 0) return [];
    const { Messages = [] } = await askQueue<{ readonly Messages?: readonly Message[] }>(
      'ReceiveMessage',
      {
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      },
    );
    return Messages;
  };
  const remove = (queueUrl: string, { ReceiptHandle }: Message) =>
    askQueue('DeleteMessage', { QueueUrl: queueUrl, ReceiptHandle });

  const work = async (): Promise<boolean> => {
    const messages = await receive(jobsUrl);
    if (messages.length === 0) return false;
    const deliveries = messages.map((message) => {
      const delivery = deliveryOf(jobsUrl, message, offset);
      const isWorn = options.worn && delivery.messageGroup === undefined;
      return isWorn ? { ...delivery, receives: LIMITS.receivesKept } : delivery;
    });
    // An environment that was killed takes its memory along.
    const gate = createGate(gateOptions);
    const environment = { ...workerDeps, gate, ...options.equip?.(injector, clock) };
    const report = await injector.invoke(() =>
      processBatch(deliveries, 'request', () => 900_000, {
        ...environment,
        ...(money && { allocator: money.allocator() }),
      }),
    );
    // Lambda deletes what was not returned; that may get lost like anything else.
    if (report === 'killed' || injector.point('acknowledge')) return true;
    for (const message of messages)
      if (!report.returned.includes(message.MessageId ?? '')) await remove(jobsUrl, message);
    return true;
  };

  const items = async (): Promise<readonly Item[]> => {
    const { Items } = await askTable<{ Items: readonly Record<string, AttributeValue>[] }>('Scan', {
      TableName: table,
      ConsistentRead: true,
    });
    return Items.map((item) => unmarshall(item));
  };
  const remaining = async (keys: readonly unknown[]): Promise<readonly unknown[]> => {
    const asked = { RequestItems: { [table]: keys } };
    const { UnprocessedItems = {} } = await askTable<Unprocessed>('BatchWriteItem', asked);
    return UnprocessedItems[table] ?? [];
  };
  const empty = async (): Promise<void> => {
    for (let rows = await items(); rows.length > 0; rows = await items()) {
      const keys = rows.map(({ pk, sk }) => ({
        DeleteRequest: { Key: { pk: { S: pk }, sk: { S: sk } } },
      }));
      await inBatches(keys, { size: DELETED_AT_ONCE }, remaining);
    }
  };
  const jobsIn = (of: readonly Item[]): readonly JobRecord[] =>
    of.filter(({ sk, status }) => sk === 'JOB' && status !== undefined).map(jobRecordOf);
  const all = async (): Promise<readonly JobRecord[]> => jobsIn(await items());

  const relayed = new Set<string>();
  /** Rows that told of calls and races, as the stream keeps them although the rows have changed. */
  const called = new Map<string, JobRecord>();
  const callsOf = ({ id, wait, updatedAt }: JobRecord) => `${id} ${wait?.seq} ${updatedAt}`;
  const dropsOf = ({ id, dropped = '' }: JobRecord) => `${id} ${dropped}`;
  /** The stream: every call and every signal, until it was relayed once without a fault. */
  const untoldOf = (found: readonly Item[]) => {
    const signalled = found
      .filter(({ sk, signalId }) => sk !== 'JOB' && signalId)
      .map(
        ({ pk, sk, signalId }): Signalled => ({
          id: String(pk).slice('JOB#'.length),
          name: String(sk).slice('SIGNAL#'.length),
          signalId: String(signalId),
        }),
      );
    for (const record of jobsIn(found)) {
      if (record.status === 'WAITING' && record.calls) called.set(callsOf(record), record);
      if (record.dropped) called.set(dropsOf(record), record);
    }
    const left = [...called].flatMap(([key, record]) => (relayed.has(key) ? [] : { key, record }));
    return {
      dropping: left.flatMap(({ key, record }) => (key === dropsOf(record) ? record : [])),
      signalled: signalled.filter(({ signalId }) => !relayed.has(signalId)),
      calling: left.flatMap(({ key, record }) => (key === callsOf(record) ? record : [])),
    };
  };

  /** The stream: every end, until it was relayed once without a fault. */
  const relay = async (): Promise<void> => {
    const key = (record: JobRecord) => `${record.id} ${record.generation ?? 0}`;
    const found = await items();
    const ended = jobsIn(found).filter(
      (record) => isTerminal(record.status) && !relayed.has(key(record)),
    );
    const settled = money ? createCharges(sqs, postingsUrl) : { send: () => Promise.resolve() };
    const charges = options.charges ?? settled;
    const signals = createSignalStore(jobs, shared.store);
    const deps = { ...shared, outgoing, announcements, charges, visibility, signals };
    const told = untoldOf(found);
    const done = await injector.invoke(async () => {
      try {
        await relayStreamed({ ended, ...told }, deps);
        return true;
      } catch {
        return false;
      }
    });
    if (done !== true) return;
    const heard = [
      ...ended.map(key),
      ...told.calling.map(callsOf),
      ...told.dropping.map(dropsOf),
      ...told.signalled.map(({ signalId }) => signalId),
    ];
    for (const each of heard) relayed.add(each);
  };

  const report = async (): Promise<void> => {
    for (const message of await receive(resultsUrl)) {
      const announcement = JSON.parse(message.Body ?? '') as Announcement;
      const done = await injector.invoke(async () => {
        try {
          return await reportEnd(announcement, clock.now(), 1, reporter);
        } catch {
          return { kind: 'again' as const };
        }
      });
      if (done !== 'killed' && done.kind === 'done') await remove(resultsUrl, message);
    }
  };

  const settleCharges = async ({ settle }: Money): Promise<void> => {
    for (const message of await receive(postingsUrl)) {
      const charge = chargeIn(message.Body ?? '');
      const outcome = await injector.invoke(() => settle(charge));
      if (outcome !== 'killed' && isDone(outcome)) await remove(postingsUrl, message);
    }
  };

  let ticks = 0;
  const tick = (): Promise<unknown> => {
    ticks += 1;
    return injector.invoke(async () => {
      const due = createDueReader(jobs);
      await keepTime({ ...shared, outgoing, due }).catch(quiet);
      await money?.tick().catch(quiet);
    });
  };

  const urls = [jobsUrl, resultsUrl, postingsUrl];
  /** Until well before the next job of the table is due: rounds in which nothing happens prove nothing. */
  const idleMs = (records: readonly JobRecord[]): number => {
    const open = records.filter(({ status }) => !isTerminal(status));
    const due = open.map(({ status, dueAt = 0 }) => (status === 'RUNNING' ? 0 : dueAt));
    return Math.min(...due) - clock.now() - BEFORE_DUE_MS;
  };
  const passTime = async (records: readonly JobRecord[]): Promise<void> => {
    const idle = idleMs(records);
    offset += Number.isFinite(idle) ? Math.max(ROUND_MS, idle) : ROUND_MS;
    for (const queueUrl of urls)
      for (const { receiptHandle } of messagesIn(queueUrl)?.inflight ?? [])
        await askQueue('ChangeMessageVisibility', {
          ...{ QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: 0 },
        });
  };
  /** @returns the jobs at its end */
  const round = async (): Promise<readonly JobRecord[]> => {
    for (let more = true; more; ) more = await work();
    await relay();
    await report();
    if (money) await settleCharges(money);
    await tick();
    await injector.wake();
    const records = await all();
    await passTime(records);
    return records;
  };

  const world: World = {
    calls: injector.calls,
    now: clock.now,
    ticks: () => ticks,
    jobs: all,
    cancel: (id) => {
      const deps = { store: createJobStore({ client: clean, table }), clock };
      const wish = { by: 'ada', reason: 'enough' };
      return cancelJob(id, wish, { ...deps, visibility: createVisibility(outside) });
    },
    delivery: async (id) => (await createDeliveryLog({ client: clean, table }).get(id))?.state,
    send: async (envelope, group) => {
      await askQueue('SendMessage', {
        QueueUrl: jobsUrl,
        MessageBody: JSON.stringify(envelope),
        MessageGroupId: group,
        MessageDeduplicationId: systemIds.next(),
      });
    },
    round: async () => {
      await round();
    },
    settle: async (roundsMax) => {
      for (let rounds = 0; rounds < roundsMax; rounds += 1) {
        const records = await round();
        const left = urls.flatMap((queueUrl) => {
          const messages = messagesIn(queueUrl);
          return [...(messages?.ready ?? []), ...(messages?.inflight ?? [])];
        });
        const open = records.some(({ status }) => !isTerminal(status));
        const unseen = records.some(
          (record) => !relayed.has(`${record.id} ${record.generation ?? 0}`),
        );
        if (left.length === 0 && !open && !unseen) return true;
      }
      return false;
    },
    close: async () => {
      for (const each of detach) each();
      if (options.observe) {
        await dropTable(clean, table);
        for (const each of [sqs, s3, outside, dynamo]) each.destroy();
        return;
      }
      await empty();
      spare.set(place, [...(spare.get(place) ?? []), things]);
    },
  };
  return world;
};

const unreachable: HttpClient = { request: () => Promise.reject(new Error('no network here')) };

const deliveryOf = (queueUrl: string, message: Message, offset: number): Delivery => ({
  ...groupsOf(message),
  messageId: message.MessageId ?? '',
  receiptHandle: message.ReceiptHandle ?? '',
  queueUrl,
  priority: 'normal',
  body: message.Body ?? '',
  deduplicationId: message.Attributes?.MessageDeduplicationId,
  sentAt: Number(message.Attributes?.SentTimestamp) + offset,
  receives: Number(message.Attributes?.ApproximateReceiveCount),
  released: attributeIn(message.MessageAttributes, RELEASED_ATTRIBUTE),
});
