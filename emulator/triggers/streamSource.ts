/** Event source mapping for a table's stream: each shard in order, batched, filtered, retried. */
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { chunksOf } from '#shared/kernel/batches.ts';
import { pauseFor } from '#shared/kernel/pause.ts';
import type { LocalFunction } from '../lambda/functions.ts';
import type { JsonService } from '../services/jsonService.ts';
import { passesFilters } from './filter.ts';
import type { Source } from './sqsSource.ts';
import {
  deliverBatch,
  type StreamDeps,
  type StreamRecord,
  type StreamRetry,
} from './streamBatch.ts';
import { type Deliver, readStream, type StreamReading } from './streamReading.ts';

export interface StreamMapping extends StreamReading {
  readonly id: string;
  readonly parallelization: number;
  readonly filters: readonly Readonly<Record<string, unknown>>[];
  readonly retry: StreamRetry;
  readonly onFailureQueueUrl: string | undefined;
}

interface StreamClients {
  readonly streams: JsonService;
  readonly sqs: SQSClient;
}

const inParallel = (records: readonly StreamRecord[], width: number): readonly StreamRecord[][] => {
  const hash = ({ dynamodb }: StreamRecord): number =>
    [...JSON.stringify(dynamodb.Keys)].reduce(
      (sum, character) => (sum * 31 + character.charCodeAt(0)) % 65_521,
      7,
    );
  return [...Map.groupBy(records, (record) => hash(record) % width).values()];
};

/**
 * The message that AWS sends to an on-failure queue: it says where the records are and does not
 * hold them.
 */
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
  pause: (ms) => pauseFor(ms, signal),
  stopping: () => signal.aborted,
  now: () => Date.now(),
});

const deliverer =
  (mapping: StreamMapping, deps: StreamDeps): Deliver =>
  async (records) => {
    const wanted = records.filter((record) => passesFilters(mapping.filters, record));
    const deliverLane = async (lane: readonly StreamRecord[]): Promise<void> => {
      for (const chunk of chunksOf(lane, mapping.batchSize))
        await deliverBatch(chunk, mapping.retry, deps);
    };
    await Promise.all(inParallel(wanted, mapping.parallelization).map(deliverLane));
  };

/**
 * Delivers the stream to the function until stopped. Records that are given up are reported to the
 * mapping's on-failure queue.
 */
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
