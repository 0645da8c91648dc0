/** A transaction on the Hosts table and what came of it. */
import {
  TransactionCanceledException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { sha256 } from '#shared/kernel/json.ts';
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
 * The token follows from what is written, and that names the versions that were read: sent again
 * after its answer was lost, it is answered as it was the first time.
 */
export const transact = async (
  { client }: HostsOptions,
  actions: readonly Action[],
): Promise<Written> => {
  const TransactItems = [...actions];
  const ClientRequestToken = sha256(JSON.stringify(TransactItems)).slice(0, 36);
  try {
    await client.send(new TransactWriteCommand({ TransactItems, ClientRequestToken }));
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
