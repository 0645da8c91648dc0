/** AccountStore on the Ledger table. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, paginateScan, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { AccountStore } from '../ports.ts';
import { cancellationOf } from './cancellation.ts';
import {
  accountItem,
  accountKey,
  accountOf,
  balanceKey,
  type LedgerOptions,
  rawItem,
} from './codec.ts';

export const createAccountStore = (
  { client, table }: LedgerOptions,
  lanes: number,
): AccountStore => ({
  open: async (account) => {
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: accountItem(account),
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
      return accountOf(rawItem(error.Item));
    }
  },

  // In every lane at once, for each lane decides by its own balance.
  setClosed: async (key, closed) => {
    const change = closed
      ? { UpdateExpression: 'SET closed = :yes', ExpressionAttributeValues: { ':yes': 1 } }
      : { UpdateExpression: 'REMOVE closed' };
    const Balances = Array.from({ length: lanes }, (_, lane) => ({
      Update: { TableName: table, Key: balanceKey(key, lane), ...change },
    }));
    const account = {
      Update: {
        TableName: table,
        Key: accountKey(key),
        ...change,
        ConditionExpression: 'attribute_exists(pk)',
      },
    };
    try {
      await client.send(new TransactWriteCommand({ TransactItems: [account, ...Balances] }));
      return 'done';
    } catch (error) {
      return cancellationOf(error).kind === 'busy' ? 'busy' : 'missing';
    }
  },

  list: async function* () {
    const pages = paginateScan(
      { client },
      {
        TableName: table,
        FilterExpression: 'sk = :meta',
        ExpressionAttributeValues: { ':meta': 'META' },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages) yield Items.map(accountOf);
  },
});
