/** Reads (strongly consistent) and writes of many items. */
import {
  BatchGetCommand,
  BatchWriteCommand,
  type BatchWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { inBatches } from '#shared/kernel/batches.ts';
import type { JobRecord } from '../record.ts';
import { recordOf } from './codec.ts';
import type { StoreOptions } from './store.ts';

type Key = Readonly<Record<'pk' | 'sk', string>>;
type Request = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

const READ_MAX = 100;
const WRITE_MAX = 25;
const REQUESTS_AT_ONCE = 4;

/** What is asked of each item instead of all it has. */
interface Projection {
  readonly ProjectionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
}

/** Those that are there, in no order. */
export const readAll = async (
  { client, table }: StoreOptions,
  keys: readonly Key[],
  projection?: Projection,
): Promise<JobRecord[]> => {
  const found: JobRecord[] = [];
  const batches = { size: READ_MAX, width: REQUESTS_AT_ONCE };
  await inBatches<Record<string, unknown>>(keys, batches, async (batch) => {
    const asked = { Keys: [...batch], ConsistentRead: true, ...projection };
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetCommand({ RequestItems: { [table]: asked } }),
    );
    found.push(...(Responses?.[table] ?? []).map(recordOf));
    return UnprocessedKeys?.[table]?.Keys ?? [];
  });
  return found;
};

/** Puts that do no harm when done twice. */
export const putAll = async (
  { client, table }: StoreOptions,
  items: readonly Readonly<Record<string, unknown>>[],
): Promise<void> => {
  const puts = items.map((item): Request => ({ PutRequest: { Item: { ...item } } }));
  const batches = { size: WRITE_MAX, width: REQUESTS_AT_ONCE };
  await inBatches(puts, batches, async (batch) => {
    const { UnprocessedItems } = await client.send(
      new BatchWriteCommand({ RequestItems: { [table]: [...batch] } }),
    );
    return UnprocessedItems?.[table] ?? [];
  });
};
