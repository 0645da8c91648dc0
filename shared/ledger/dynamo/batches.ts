/** Reads (strongly consistent) and writes of many items. */
import { BatchGetCommand, BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Item, LedgerOptions } from './codec.ts';

type Key = Readonly<Record<'pk' | 'sk', string>>;

const READ_MAX = 100;

/** Those that are there, in no order. */
export const readAll = async (
  { client, table }: LedgerOptions,
  keys: readonly Key[],
): Promise<readonly Item[]> => {
  const found: Item[] = [];
  for (let start = 0; start < keys.length; start += READ_MAX) {
    let left: Record<string, unknown>[] = [...keys.slice(start, start + READ_MAX)];
    while (left.length > 0) {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: left, ConsistentRead: true } } }),
      );
      found.push(...(Responses?.[table] ?? []));
      left = UnprocessedKeys?.[table]?.Keys ?? [];
    }
  }
  return found;
};

const WRITE_MAX = 25;

/** Puts whose content follows from their keys: done twice they are done once. */
export const writeAll = async (
  { client, table }: LedgerOptions,
  items: readonly Item[],
): Promise<void> => {
  for (let start = 0; start < items.length; start += WRITE_MAX) {
    let left: NonNullable<ConstructorParameters<typeof BatchWriteCommand>[0]['RequestItems']> = {
      [table]: items
        .slice(start, start + WRITE_MAX)
        .map((item) => ({ PutRequest: { Item: { ...item } } })),
    };
    while (Object.keys(left).length > 0) {
      const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: left }));
      left = UnprocessedItems ?? {};
    }
  }
};
