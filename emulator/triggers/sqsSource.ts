/**
 * Event source mapping for SQS: polls, invokes, and deletes the messages that succeeded. Other
 * messages return after their visibility timeout.
 */

import type { Message, ReceiveMessageResult } from '@aws-sdk/client-sqs';
import { doubled } from '#shared/kernel/backoff.ts';
import { pauseFor } from '#shared/kernel/pause.ts';
import type { InvokeResult } from '../lambda/environment.ts';
import type { LocalFunction } from '../lambda/functions.ts';
import type { JsonService } from '../services/jsonService.ts';
import { passesFilters } from './filter.ts';

export interface SqsMapping {
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly region: string;
  readonly batchSize: number;
  /** Invocations at once. */
  readonly concurrency: number;
  readonly reportsFailures: boolean;
  /** A message that passes no filter is deleted without an invocation, as on AWS. */
  readonly filters: readonly Readonly<Record<string, unknown>>[];
}

export interface Source {
  stop(): Promise<void>;
}

const LONG_POLL_SECONDS = 20;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 10_000;

const recordOf = (message: Message, { queueArn, region }: SqsMapping): object => ({
  messageId: message.MessageId,
  receiptHandle: message.ReceiptHandle,
  body: message.Body,
  attributes: message.Attributes ?? {},
  messageAttributes: Object.fromEntries(
    Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
      name,
      {
        stringValue: value.StringValue,
        stringListValues: [],
        binaryListValues: [],
        dataType: value.DataType,
      },
    ]),
  ),
  md5OfBody: message.MD5OfBody,
  eventSource: 'aws:sqs',
  eventSourceARN: queueArn,
  awsRegion: region,
});

const isWanted = ({ Body = '' }: Message, filters: SqsMapping['filters']): boolean => {
  if (filters.length === 0) return true;
  try {
    return passesFilters(filters, { body: JSON.parse(Body) });
  } catch {
    return passesFilters(filters, { body: Body });
  }
};

const itemIds = (value: unknown): unknown[] | undefined => {
  if (typeof value !== 'object' || value === null) return [];
  const failures = 'batchItemFailures' in value ? value.batchItemFailures : [];
  if (failures === null) return [];
  if (!Array.isArray(failures)) return undefined;
  return failures.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'itemIdentifier' in item
      ? item.itemIdentifier
      : '',
  );
};

/**
 * The ids of the messages that succeeded. As on AWS, the whole batch fails when the handler throws,
 * when its answer is malformed, or when the answer names an unknown id.
 */
export const succeeded = (
  ids: readonly string[],
  result: InvokeResult,
  reportsFailures: boolean,
): readonly string[] => {
  if (!result.ok) return [];
  if (!reportsFailures) return ids;
  const failed = itemIds(result.value);
  if (failed === undefined || failed.some((id) => !ids.includes(String(id)))) return [];
  return ids.filter((id) => !failed.includes(id));
};

const deleteAll = async (
  queues: JsonService,
  QueueUrl: string,
  messages: readonly Message[],
): Promise<void> => {
  if (messages.length === 0) return;
  const Entries = messages.map(({ ReceiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle,
  }));
  await queues.call('DeleteMessageBatch', { QueueUrl, Entries });
};

/** As on AWS, a mapping polls more slowly after invocations that failed as a whole. */
const backoffMs = (faults: number): number => doubled(BACKOFF_MIN_MS, faults, BACKOFF_MAX_MS);

/** Polls with one request at a time, and runs as many invocations as the mapping allows. */
export const startSqsSource = (
  queues: JsonService,
  mapping: SqsMapping,
  target: LocalFunction,
  onFault: (text: string) => void,
): Source => {
  const stopping = new AbortController();
  const invocations = new Set<Promise<void>>();
  const deletions = new Set<Promise<void>>();
  let faults = 0;

  const track = (all: Set<Promise<void>>, work: Promise<void>): void => {
    const tracked = work
      .catch((error: unknown) => onFault(String(error)))
      .finally(() => all.delete(tracked));
    all.add(tracked);
  };
  const remove = (messages: readonly Message[]): void =>
    track(deletions, deleteAll(queues, mapping.queueUrl, messages));

  const receive = async (): Promise<readonly Message[]> => {
    const { Messages = [] } = await queues.call<ReceiveMessageResult>(
      'ReceiveMessage',
      {
        QueueUrl: mapping.queueUrl,
        MaxNumberOfMessages: mapping.batchSize,
        WaitTimeSeconds: LONG_POLL_SECONDS,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      },
      stopping.signal,
    );
    const wanted = Messages.filter((message) => isWanted(message, mapping.filters));
    if (wanted.length < Messages.length)
      remove(Messages.filter((message) => !wanted.includes(message)));
    return wanted;
  };
  const run = async (messages: readonly Message[]): Promise<void> => {
    const result = await target.invoke({
      Records: messages.map((message) => recordOf(message, mapping)),
    });
    if (!result.ok) onFault(`${result.error.errorType}: ${result.error.errorMessage}`);
    faults = result.ok ? 0 : faults + 1;
    const ids = messages.map(({ MessageId = '' }) => MessageId);
    const done = new Set(succeeded(ids, result, mapping.reportsFailures));
    // The next invocation does not wait for the deletion.
    remove(messages.filter(({ MessageId = '' }) => done.has(MessageId)));
  };
  const pollOnce = async (): Promise<void> => {
    if (invocations.size >= mapping.concurrency) {
      await Promise.race(invocations);
      return;
    }
    if (faults > 0) await pauseFor(backoffMs(faults), stopping.signal);
    try {
      const messages = await receive();
      if (messages.length > 0) track(invocations, run(messages));
    } catch (error) {
      if (stopping.signal.aborted) return;
      onFault(String(error));
      await pauseFor(BACKOFF_MIN_MS, stopping.signal);
    }
  };
  const poll = async (): Promise<void> => {
    while (!stopping.signal.aborted) await pollOnce();
  };
  const polling = poll();
  return {
    stop: async () => {
      stopping.abort();
      await polling;
      await Promise.all(deletions);
    },
  };
};
