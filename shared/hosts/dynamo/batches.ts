/** Reads of many items at once. */
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { inBatches } from '#shared/kernel/batches.ts';
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
  await inBatches<Record<string, unknown>>(keys, { size: READ_MAX }, async (batch) => {
    const Keys = [...batch];
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: !stale } } }),
    );
    found.push(...(Responses?.[table] ?? []));
    return UnprocessedKeys?.[table]?.Keys ?? [];
  });
  return found;
};
