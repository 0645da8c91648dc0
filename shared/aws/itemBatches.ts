/** Reads and writes many items, for the adapters of all tables. */
import {
  BatchGetCommand,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { inBatches } from '#shared/kernel/batches.ts';

interface Table {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}
type Item = Readonly<Record<string, unknown>>;
type Key = Readonly<Record<'pk' | 'sk', string>>;
type Request = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

interface Reading {
  /** Eventually consistent: without the last moment's writes, at half the price. */
  readonly stale?: boolean;
  /** Requests under way at once. */
  readonly width?: number;
  /** Reads these attributes instead of whole items. */
  readonly projection?: {
    readonly ProjectionExpression: string;
    readonly ExpressionAttributeNames: Record<string, string>;
  };
}

const READ_MAX = 100;
const WRITE_MAX = 25;

/** The items that exist, in no order. Strongly consistent by default. */
export const readAll = async (
  { client, table }: Table,
  keys: readonly Key[],
  { stale = false, width = 1, projection }: Reading = {},
): Promise<readonly Item[]> => {
  const found: Item[] = [];
  await inBatches<Record<string, unknown>>(keys, { size: READ_MAX, width }, async (batch) => {
    const asked = { Keys: [...batch], ConsistentRead: !stale, ...projection };
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetCommand({ RequestItems: { [table]: asked } }),
    );
    found.push(...(Responses?.[table] ?? []));
    return UnprocessedKeys?.[table]?.Keys ?? [];
  });
  return found;
};

/** Puts all items; a put may happen twice. */
export const writeAll = async (
  { client, table }: Table,
  items: readonly Item[],
  { width = 1 }: Pick<Reading, 'width'> = {},
): Promise<void> => {
  const puts = items.map((item): Request => ({ PutRequest: { Item: { ...item } } }));
  await inBatches(puts, { size: WRITE_MAX, width }, async (batch) => {
    const { UnprocessedItems } = await client.send(
      new BatchWriteCommand({ RequestItems: { [table]: [...batch] } }),
    );
    return UnprocessedItems?.[table] ?? [];
  });
};
