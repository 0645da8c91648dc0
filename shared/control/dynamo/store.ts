/** ControlStore on the Jobs table: `CONTROL` / `STATE`, its events beside it. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import type { ControlStore } from '../ports.ts';
import { type Control, type ControlEvent, INITIAL } from '../state.ts';

const PK = 'CONTROL';
const EVENT = 'EVENT#';
const LAST_VERSION = 9_007_199_254_740_991;

/** Newest first by key alone. */
const eventKey = (version: number) => ({
  pk: PK,
  sk: `${EVENT}${String(LAST_VERSION - version).padStart(16, '0')}`,
});

export const createControlStore = (options: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): ControlStore => {
  const { client, table: TableName } = options;
  return {
    get: async () => {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: { pk: PK, sk: 'STATE' }, ConsistentRead: true }),
      );
      if (!Item) return INITIAL;
      const { pk: _pk, sk: _sk, ...control } = Item;
      return control as unknown as Control;
    },

    put: async (next, event) => {
      const first = next.version === 1;
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              {
                Put: {
                  TableName,
                  Item: { pk: PK, sk: 'STATE', ...next },
                  ConditionExpression: first ? 'attribute_not_exists(pk)' : 'version = :seen',
                  ...(!first && { ExpressionAttributeValues: { ':seen': next.version - 1 } }),
                },
              },
              { Put: { TableName, Item: { ...eventKey(next.version), ...event } } },
            ],
          }),
        );
        return true;
      } catch (error) {
        const reasons =
          error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
        const contended = reasons.some(
          ({ Code }) => Code === 'ConditionalCheckFailed' || Code === 'TransactionConflict',
        );
        if (contended) return false;
        throw error;
      }
    },

    events: async (limit) => {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :event)',
          ExpressionAttributeValues: { ':pk': PK, ':event': EVENT },
          Limit: limit,
        }),
      );
      return Items.map(({ pk: _pk, sk: _sk, ...event }) => event as unknown as ControlEvent);
    },
  };
};
