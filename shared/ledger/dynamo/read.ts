/** Strongly consistent reads of many items. */
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
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
