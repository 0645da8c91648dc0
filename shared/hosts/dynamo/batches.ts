/** Reads of many items at once. */
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type { Item } from './hostItems.ts';
import type { HostsOptions } from './transaction.ts';

const READ_MAX = 100;

/** Those that are there, in no order. Strongly consistent unless told otherwise. */
export const readAll = async (
  { client, table }: HostsOptions,
  keys: readonly Readonly<Record<'pk' | 'sk', string>>[],
  { stale = false } = {},
): Promise<readonly Item[]> => {
  const found: Item[] = [];
  for (let start = 0; start < keys.length; start += READ_MAX) {
    let left: Record<string, unknown>[] = [...keys.slice(start, start + READ_MAX)];
    while (left.length > 0) {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: left, ConsistentRead: !stale } } }),
      );
      found.push(...(Responses?.[table] ?? []));
      left = UnprocessedKeys?.[table]?.Keys ?? [];
    }
  }
  return found;
};
