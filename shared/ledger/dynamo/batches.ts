/** Reads (strongly consistent) and writes of many items. */
import {
  BatchGetCommand,
  BatchWriteCommand,
  type BatchWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { inBatches } from '#shared/kernel/batches.ts';
import type { Item, LedgerOptions } from './codec.ts';

type Key = Readonly<Record<'pk' | 'sk', string>>;
type Request = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

const READ_MAX = 100;
const WRITE_MAX = 25;

/** Those that are there, in no order. */
export const readAll = async (
  { client, table }: LedgerOptions,
  keys: readonly Key[],
): Promise<readonly Item[]> => {
  const found: Item[] = [];
  await inBatches<Record<string, unknown>>(keys, { size: READ_MAX }, async (batch) => {
    const Keys = [...batch];
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
    );
    found.push(...(Responses?.[table] ?? []));
    return UnprocessedKeys?.[table]?.Keys ?? [];
  });
  return found;
};

/** Puts whose content follows from their keys: done twice they are done once. */
export const writeAll = async (
  { client, table }: LedgerOptions,
  items: readonly Item[],
): Promise<void> => {
  const puts = items.map((item): Request => ({ PutRequest: { Item: { ...item } } }));
  await inBatches(puts, { size: WRITE_MAX }, async (batch) => {
    const { UnprocessedItems } = await client.send(
      new BatchWriteCommand({ RequestItems: { [table]: [...batch] } }),
    );
    return UnprocessedItems?.[table] ?? [];
  });
};
