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
  type Item,
  type LedgerOptions,
  rawItem,
  storedBalanceOf,
  wholeAccountOf,
} from './ledgerItems.ts';
import { asked } from './refusal.ts';

/** Scans the whole table for items with these sort keys. */
async function* scanned({ client, table }: LedgerOptions, ...sorts: readonly ('META' | 'BAL')[]) {
  const names = sorts.map((_, index) => `:s${index}`);
  const pages = paginateScan(
    { client },
    {
      TableName: table,
      FilterExpression: `sk IN (${names.join(', ')})`,
      ExpressionAttributeValues: Object.fromEntries(sorts.map((sort, at) => [`:s${at}`, sort])),
      ConsistentRead: true,
    },
  );
  for await (const { Items = [] } of pages) yield Items as readonly Item[];
}

/**
 * The accounts in the Ledger table. `open` and `setClosed` throw StoreRefusedError
 * LEDGER_STORE_REFUSED when the table never takes the request. @param lanes how many lanes the
 * ledger has
 */
export const createAccountStore = (options: LedgerOptions, lanes: number): AccountStore => {
  const { client, table } = options;
  return {
    open: async (account) => {
      try {
        await asked(() =>
          client.send(
            new PutCommand({
              TableName: table,
              Item: accountItem(account),
              ConditionExpression: 'attribute_not_exists(pk)',
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            }),
          ),
        );
        return undefined;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
        return accountOf(rawItem(error.Item));
      }
    },

    // Writes the balances of all lanes in one transaction: each lane decides by its own balance.
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
        const TransactItems = [account, ...Balances];
        await asked(() => client.send(new TransactWriteCommand({ TransactItems })));
        return 'done';
      } catch (error) {
        return cancellationOf(error).kind === 'busy' ? 'busy' : 'missing';
      }
    },

    list: async function* () {
      for await (const items of scanned(options, 'META')) yield items.map(wholeAccountOf);
    },

    balances: async function* () {
      for await (const items of scanned(options, 'META', 'BAL')) {
        const [accounts, balances] = [
          items.filter(({ sk }) => sk === 'META'),
          items.filter(({ sk }) => sk === 'BAL'),
        ];
        yield { accounts: accounts.map(accountOf), balances: balances.map(storedBalanceOf) };
      }
    },
  };
};
