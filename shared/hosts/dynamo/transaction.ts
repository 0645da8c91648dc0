/** A transaction on the Hosts table, and its result. */
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
 * Tries all actions once, together. The SDK gives each call its own token: a repetition after a
 * lost answer gets the first answer, and two people who write the same in one millisecond are still
 * two.
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
