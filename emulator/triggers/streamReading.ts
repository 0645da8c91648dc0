/** Reads a table's stream: each shard in order, from where the last reading ended. */
import { isDeepStrictEqual } from 'node:util';
import { pauseFor } from '#shared/kernel/pause.ts';
import type { JsonService } from '../services/jsonService.ts';
import type { StreamReader } from '../tables/streamReaders.ts';
import type { Source } from './sqsSource.ts';
import type { StreamRecord } from './streamBatch.ts';
import type { ShardPositions } from './streamPositions.ts';

export interface StreamReading {
  /** The stream's ARN in the template; `localArn` is the table server's. */
  readonly streamArn: string;
  readonly localArn: string;
  readonly region: string;
  /** So many records are handed over without a wait for more. */
  readonly batchSize: number;
  /** How long fewer records wait for more, in ms. */
  readonly windowMs: number;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  /** Told of each record that is delivered or given up. */
  readonly reader?: StreamReader | undefined;
  /** Where an earlier process ended; told how far this process reads. */
  readonly positions?: ShardPositions | undefined;
}

/**
 * Pauses of an empty stream: they grow to Lambda's four requests a second, because each request
 * costs DynamoDB Local some ms.
 */
const POLL_MS = { min: 50, max: 250 };
const SHARD_POLL_MS = 1_000;

/** A record from the server: what Lambda's event holds, without the source. */
type Told = Omit<StreamRecord, 'eventSource' | 'eventSourceARN'>;

interface Page {
  readonly Records?: readonly Told[];
  readonly NextShardIterator?: string;
}

interface Description {
  readonly StreamDescription?: { readonly Shards?: readonly { readonly ShardId?: string }[] };
}

/** The record in the form of Lambda's event. */
export const eventRecord = (record: Told, { streamArn, region }: StreamReading): StreamRecord => ({
  ...record,
  eventSource: 'aws:dynamodb',
  eventSourceARN: streamArn,
  awsRegion: region,
});

export type Deliver = (records: readonly StreamRecord[]) => Promise<void>;

/**
 * Whether the write changed anything. AWS makes no record of a write that changes nothing; the
 * native engine does.
 */
const changes = ({ eventName, dynamodb }: Told): boolean =>
  eventName !== 'MODIFY' ||
  dynamodb.NewImage === undefined ||
  !isDeepStrictEqual(dynamodb.NewImage, dynamodb.OldImage);

interface ShardPlace {
  readonly shardId: string;
  /** The last record that was handled. */
  after: string | undefined;
  /** Where a reader began, until it meets its first record. */
  iterator?: string;
}

/**
 * After a fault the shard is read from the last place, neither from its beginning nor from its
 * newest record.
 */
const iteratorAt = async (
  streams: JsonService,
  { localArn: StreamArn, startingPosition }: StreamReading,
  place: ShardPlace,
): Promise<string | undefined> => {
  if (place.after === undefined && place.iterator !== undefined) return place.iterator;
  const start =
    place.after === undefined
      ? { ShardIteratorType: startingPosition }
      : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber: place.after };
  const { ShardIterator } = await streams.call<{ readonly ShardIterator?: string }>(
    'GetShardIterator',
    { StreamArn, ShardId: place.shardId, ...start },
  );
  if (ShardIterator !== undefined) place.iterator = ShardIterator;
  return ShardIterator;
};

/**
 * Collects records until the batch is full or its window is over. The last records of a shard do
 * not wait.
 */
const readShard = async (
  streams: JsonService,
  mapping: StreamReading,
  place: ShardPlace,
  deliver: Deliver,
  signal: AbortSignal,
): Promise<void> => {
  let iterator = await iteratorAt(streams, mapping, place);
  let waiting: readonly Told[] = [];
  let since = 0;
  let pollMs = POLL_MS.min;
  const handOver = async (): Promise<void> => {
    const last = waiting.at(-1)?.dynamodb.SequenceNumber;
    await deliver(waiting.filter(changes).map((record) => eventRecord(record, mapping)));
    waiting = [];
    // A delivery that was aborted does not count.
    if (last === undefined || signal.aborted) return;
    place.after = last;
    mapping.positions?.advance(place.shardId, last);
    mapping.reader?.advance(last);
  };
  while (iterator && !signal.aborted) {
    const page: Page = await streams.call('GetRecords', { ShardIterator: iterator });
    if (waiting.length === 0) since = Date.now();
    waiting = [...waiting, ...(page.Records ?? [])];
    iterator = page.NextShardIterator;
    const ripe = waiting.length >= mapping.batchSize || Date.now() - since >= mapping.windowMs;
    if (waiting.length > 0) pollMs = POLL_MS.min;
    if (waiting.length > 0 && ripe) {
      await handOver();
      continue;
    }
    await pauseFor(pollMs, signal);
    pollMs = Math.min(POLL_MS.max, pollMs * 2);
  }
  await handOver();
};

/** Reads every shard until stopped; a parent shard to its end before its children. */
export const readStream = (
  streams: JsonService,
  mapping: StreamReading,
  deliver: Deliver,
  onFault: (text: string) => void,
  stopping = new AbortController(),
): Source => {
  const { signal } = stopping;
  const places = new Map<string, ShardPlace>();
  const read = new Set<string>();
  /** The description lists parents before their children. */
  const readNewShards = async (): Promise<void> => {
    const { StreamDescription } = await streams.call<Description>('DescribeStream', {
      StreamArn: mapping.localArn,
    });
    for (const { ShardId: shardId = '' } of StreamDescription?.Shards ?? []) {
      if (read.has(shardId)) continue;
      const place = places.get(shardId) ?? { shardId, after: mapping.positions?.after(shardId) };
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
      await pauseFor(SHARD_POLL_MS, signal);
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
