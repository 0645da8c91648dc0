/**
 * ControlStore on the Jobs table: the state is `CONTROL` / `STATE`, events have the same partition
 * key.
 */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { CONTROL_KEY } from '#shared/contracts/tables.ts';
import type { ControlStore } from '../ports.ts';
import { type Control, type ControlEvent, INITIAL } from '../state.ts';

const PK = CONTROL_KEY.pk;
const EVENT = 'EVENT#';
const LAST_VERSION = 9_007_199_254_740_991;

/** The sort key counts down, so that a query returns the newest event first. */
const eventKey = (version: number) => ({
  pk: PK,
  sk: `${EVENT}${String(LAST_VERSION - version).padStart(16, '0')}`,
});

/**
 * The condition that the item is as the decision saw it. `groupsHeldUntil` is part of it: workers
 * write this field without a new version, and a put must not undo their write.
 */
const asSeen = ({ version, groupsHeldUntil: held }: Control) => {
  const first = version === 1;
  const values = {
    ...(!first && { ':seen': version - 1 }),
    ...(held !== undefined && { ':held': held }),
  };
  const unheld = 'attribute_not_exists(groupsHeldUntil)';
  const conditions = [
    first ? 'attribute_not_exists(version)' : 'version = :seen',
    held === undefined ? unheld : 'groupsHeldUntil = :held',
  ];
  return {
    ConditionExpression: conditions.join(' AND '),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
};

/** The control item of one Jobs table. */
export const createControlStore = (options: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): ControlStore => {
  const { client, table: TableName } = options;
  return {
    get: async () => {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: CONTROL_KEY, ConsistentRead: true }),
      );
      if (!Item) return INITIAL;
      const { pk: _pk, sk: _sk, ...control } = Item;
      // A worker that announces held groups may make the item before any person decides something.
      return { ...INITIAL, ...control };
    },

    put: async (next, event) => {
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              {
                Put: {
                  TableName,
                  Item: { ...CONTROL_KEY, ...next },
                  ...asSeen(next),
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
