/** Event source mapping for a table's stream: each shard in order, batched, filtered, retried. */
import { isDeepStrictEqual } from 'node:util';
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as SdkRecord,
} from '@aws-sdk/client-dynamodb-streams';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { passesFilters } from './filter.ts';
import type { LocalFunction } from './functions.ts';
import type { Source } from './sqsSource.ts';
import {
  deliverBatch,
  type StreamDeps,
  type StreamRecord,
  type StreamRetry,
} from './streamBatch.ts';
import type { StreamReader } from './streamReaders.ts';

export interface StreamMapping {
  readonly id: string;
  /** As the template names it, and as DynamoDB Local does. */
  readonly streamArn: string;
  readonly localArn: string;
  readonly region: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly parallelization: number;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  readonly filters: readonly Readonly<Record<string, unknown>>[];
  readonly retry: StreamRetry;
  readonly onFailureQueueUrl: string | undefined;
  /** Told of each record that is delivered, or given up. */
  readonly reader?: StreamReader | undefined;
}

/** What it takes to read a stream, whoever gets the records. */
export type StreamReading = Pick<
  StreamMapping,
  'streamArn' | 'localArn' | 'region' | 'batchSize' | 'windowMs' | 'startingPosition' | 'reader'
>;

interface StreamClients {
  readonly streams: DynamoDBStreamsClient;
  readonly sqs: SQSClient;
}

/** Where nothing comes, down to Lambda's four looks a second: each costs DynamoDB Local some ms. */
const POLL_MS = { min: 50, max: 250 };
const SHARD_POLL_MS = 1_000;

/** As in Lambda's event: binary is base64, times are seconds. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return value.getTime() / 1_000;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
};

const eventRecord = (record: object, { streamArn, region }: StreamReading): StreamRecord => ({
  ...(plain(record) as StreamRecord),
  eventSource: 'aws:dynamodb',
  eventSourceARN: streamArn,
  awsRegion: region,
});

const lanesOf = (records: readonly StreamRecord[], width: number): readonly StreamRecord[][] => {
  const hash = ({ dynamodb }: StreamRecord): number =>
    [...JSON.stringify(dynamodb.Keys)].reduce(
      (sum, character) => (sum * 31 + character.charCodeAt(0)) % 65_521,
      7,
    );
  return [...Map.groupBy(records, (record) => hash(record) % width).values()];
};

const chunksOf = <T>(items: readonly T[], size: number): readonly T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) =>
    items.slice(n * size, (n + 1) * size),
  );

/** What AWS sends to an on-failure queue: where the records are, not the records. */
const failureNote = (mapping: StreamMapping, records: readonly StreamRecord[], tries: number) =>
  JSON.stringify({
    requestContext: {
      functionArn: mapping.id,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: tries,
    },
    version: '1.0',
    timestamp: new Date().toISOString(),
    DDBStreamBatchInfo: {
      streamArn: mapping.streamArn,
      startSequenceNumber: records[0]?.dynamodb.SequenceNumber,
      endSequenceNumber: records.at(-1)?.dynamodb.SequenceNumber,
      batchSize: records.length,
    },
  });

type Pause = (ms: number) => Promise<void>;

/** Wakes early when the cloud stops. */
const pauseUntil =
  (signal: AbortSignal): Pause =>
  (ms) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
    });

const depsOf = (
  sqs: SQSClient,
  mapping: StreamMapping,
  target: LocalFunction,
  onFault: (text: string) => void,
  signal: AbortSignal,
): StreamDeps => ({
  invoke: async (records) => {
    const result = await target.invoke({ Records: records });
    if (!result.ok) onFault(`${result.error.errorType}: ${result.error.errorMessage}`);
    return result;
  },
  giveUp: async (records, tries) => {
    onFault(`gave up on ${records.length} records after ${tries} tries`);
    if (mapping.onFailureQueueUrl === undefined) return;
    const MessageBody = failureNote(mapping, records, tries);
    await sqs.send(new SendMessageCommand({ QueueUrl: mapping.onFailureQueueUrl, MessageBody }));
  },
  pause: pauseUntil(signal),
  stopping: () => signal.aborted,
  now: () => Date.now(),
});

type Deliver = (records: readonly StreamRecord[]) => Promise<void>;

const deliverer =
  (mapping: StreamMapping, deps: StreamDeps): Deliver =>
  async (records) => {
    const wanted = records.filter((record) => passesFilters(mapping.filters, record));
    const deliverLane = async (lane: readonly StreamRecord[]): Promise<void> => {
      for (const chunk of chunksOf(lane, mapping.batchSize))
        await deliverBatch(chunk, mapping.retry, deps);
    };
    await Promise.all(lanesOf(wanted, mapping.parallelization).map(deliverLane));
  };

/** AWS makes no record of a write that changes nothing; the native engine does. */
const changes = ({ eventName, dynamodb }: SdkRecord): boolean =>
  eventName !== 'MODIFY' ||
  dynamodb?.NewImage === undefined ||
  !isDeepStrictEqual(dynamodb.NewImage, dynamodb.OldImage);

interface ShardPlace {
  readonly shardId: string;
  /** The last record that was dealt with. */
  after?: string;
  /** Where a reader began that has met no record yet. */
  iterator?: string;
}

/** After a fault a shard is read on, not from its beginning nor from what is newest then. */
const iteratorAt = async (
  streams: DynamoDBStreamsClient,
  { localArn: StreamArn, startingPosition }: StreamReading,
  place: ShardPlace,
): Promise<string | undefined> => {
  if (place.after === undefined && place.iterator !== undefined) return place.iterator;
  const start =
    place.after === undefined
      ? { ShardIteratorType: startingPosition }
      : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber: place.after };
  const request = new GetShardIteratorCommand({ StreamArn, ShardId: place.shardId, ...start });
  const { ShardIterator } = await streams.send(request);
  if (ShardIterator !== undefined) place.iterator = ShardIterator;
  return ShardIterator;
};

/** Collects until a batch is full or its window over; a shard's last records wait for neither. */
const readShard = async (
  streams: DynamoDBStreamsClient,
  mapping: StreamReading,
  place: ShardPlace,
  deliver: Deliver,
  signal: AbortSignal,
): Promise<void> => {
  const pause = pauseUntil(signal);
  let iterator = await iteratorAt(streams, mapping, place);
  let waiting: readonly SdkRecord[] = [];
  let since = 0;
  let pollMs = POLL_MS.min;
  const handOver = async (): Promise<void> => {
    const last = waiting.at(-1)?.dynamodb?.SequenceNumber;
    await deliver(waiting.filter(changes).map((record) => eventRecord(record, mapping)));
    waiting = [];
    // A delivery that was cut short is no delivery.
    if (last === undefined || signal.aborted) return;
    place.after = last;
    mapping.reader?.advance(last);
  };
  while (iterator && !signal.aborted) {
    const page = await streams.send(new GetRecordsCommand({ ShardIterator: iterator }));
    if (waiting.length === 0) since = Date.now();
    waiting = [...waiting, ...(page.Records ?? [])];
    iterator = page.NextShardIterator;
    const ripe = waiting.length >= mapping.batchSize || Date.now() - since >= mapping.windowMs;
    if (waiting.length > 0) pollMs = POLL_MS.min;
    if (waiting.length > 0 && ripe) {
      await handOver();
      continue;
    }
    await pause(pollMs);
    pollMs = Math.min(POLL_MS.max, pollMs * 2);
  }
  await handOver();
};

/** Reads every shard, a parent to its end before its children, until it is stopped. */
export const readStream = (
  streams: DynamoDBStreamsClient,
  mapping: StreamReading,
  deliver: Deliver,
  onFault: (text: string) => void,
  stopping = new AbortController(),
): Source => {
  const { signal } = stopping;
  const pause = pauseUntil(signal);
  const places = new Map<string, ShardPlace>();
  const read = new Set<string>();
  /** Parents come before their children in the description. */
  const readNewShards = async (): Promise<void> => {
    const describe = new DescribeStreamCommand({ StreamArn: mapping.localArn });
    const { StreamDescription } = await streams.send(describe);
    for (const { ShardId: shardId = '' } of StreamDescription?.Shards ?? []) {
      if (read.has(shardId)) continue;
      const place = places.get(shardId) ?? { shardId };
      places.set(shardId, place);
      await readShard(streams, mapping, place, deliver, signal);
      read.add(shardId);
    }
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await readNewShards().catch((error: unknown) => {
        if (!signal.aborted) onFault(String(error));
      });
      await pause(SHARD_POLL_MS);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
      mapping.reader?.leave();
    },
  };
};

export const startStreamSource = (
  { streams, sqs }: StreamClients,
  mapping: StreamMapping,
  target: LocalFunction,
  onFault: (text: string) => void,
): Source => {
  const stopping = new AbortController();
  const deps = depsOf(sqs, mapping, target, onFault, stopping.signal);
  return readStream(streams, mapping, deliverer(mapping, deps), onFault, stopping);
};
