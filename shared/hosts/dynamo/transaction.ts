/** A transaction on the Hosts table and what came of it. */
import {
  TransactionCanceledException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Written } from '../ports.ts';

export interface HostsOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

export type Action = NonNullable<
  ConstructorParameters<typeof TransactWriteCommand>[0]['TransactItems']
>[number];

const BUSY = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
]);

/**
 * One attempt at all of the actions. The SDK gives each call a token of its own: its repetitions
 * after a lost answer are answered as the first was, and two people who write the same at the same
 * millisecond are still two.
 */
export const transact = async (
  { client }: HostsOptions,
  actions: readonly Action[],
): Promise<Written> => {
  try {
    await client.send(new TransactWriteCommand({ TransactItems: [...actions] }));
    return 'done';
  } catch (error) {
    if (error instanceof TransactionInProgressException) return 'busy';
    if (!(error instanceof TransactionCanceledException)) throw error;
    const codes = (error.CancellationReasons ?? []).map(({ Code = '' }) => Code);
    if (codes.some((code) => BUSY.has(code))) return 'busy';
    if (codes.includes('ConditionalCheckFailed')) return 'stale';
    throw error;
  }
};
