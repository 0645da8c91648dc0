/** Delivers a batch of stream records: retries, splits, partial answers, and the end of retries. */
import { doubled } from '#shared/kernel/backoff.ts';
import type { InvokeResult } from '../lambda/environment.ts';

export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: string;
  readonly eventSource: string;
  readonly eventSourceARN: string;
  readonly awsRegion: string;
  readonly dynamodb: {
    readonly SequenceNumber: string;
    /** Seconds since the epoch. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Readonly<Record<string, unknown>>;
    readonly NewImage?: Readonly<Record<string, unknown>>;
    readonly OldImage?: Readonly<Record<string, unknown>>;
  };
}

export interface StreamRetry {
  /** -1: no limit. */
  readonly attemptsMax: number;
  /** -1: no limit. */
  readonly ageSecondsMax: number;
  readonly bisect: boolean;
  readonly reportsFailures: boolean;
}

export interface StreamDeps {
  invoke(records: readonly StreamRecord[]): Promise<InvokeResult>;
  /** Called once with records that are not tried again. */
  giveUp(records: readonly StreamRecord[], tries: number): Promise<void>;
  /** Waits this many ms before the next try. */
  pause(ms: number): Promise<void>;
  /** True when the cloud stops: then no record is tried again. */
  stopping(): boolean;
  now(): number;
}

const PAUSE_MIN_MS = 100;
const PAUSE_MAX_MS = 10_000;

/** Index of the first record to deliver again: as on AWS, the lowest failed sequence number. */
const firstFailed = (records: readonly StreamRecord[], { value }: { value: unknown }): number => {
  if (typeof value !== 'object' || value === null || !('batchItemFailures' in value))
    return records.length;
  const { batchItemFailures } = value;
  if (!Array.isArray(batchItemFailures)) return batchItemFailures === null ? records.length : 0;
  const indexes = batchItemFailures.map((item: { itemIdentifier?: unknown }) =>
    records.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === item?.itemIdentifier),
  );
  return indexes.length === 0 ? records.length : Math.max(0, Math.min(...indexes));
};

const isSpent = (
  records: readonly StreamRecord[],
  retry: StreamRetry,
  tries: number,
  now: number,
): boolean => {
  if (retry.attemptsMax >= 0 && tries > retry.attemptsMax) return true;
  const born = records[0]?.dynamodb.ApproximateCreationDateTime ?? now / 1_000;
  return retry.ageSecondsMax >= 0 && now / 1_000 - born > retry.ageSecondsMax;
};

/** Resolves when every record is delivered or given up. A function's failure never rejects. */
export const deliverBatch = async (
  records: readonly StreamRecord[],
  retry: StreamRetry,
  deps: StreamDeps,
  tries = 0,
): Promise<void> => {
  if (records.length === 0 || deps.stopping()) return;
  const result = await deps.invoke(records);
  const reported =
    result.ok && retry.reportsFailures ? firstFailed(records, result) : records.length;
  const left = result.ok ? records.slice(reported) : records;
  if (left.length === 0) return;
  const spent = tries + 1;
  if (isSpent(left, retry, spent, deps.now())) return deps.giveUp(left, spent);
  await deps.pause(doubled(PAUSE_MIN_MS, tries, PAUSE_MAX_MS));
  if (!retry.bisect || left.length === 1) return deliverBatch(left, retry, deps, spent);
  const middle = Math.ceil(left.length / 2);
  await deliverBatch(left.slice(0, middle), retry, deps, spent);
  return deliverBatch(left.slice(middle), retry, deps, spent);
};
