/** EntryStore on the Ledger table: entries below each account and lane, cursors and checkpoints beside. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { genesis } from '../blocks.ts';
import type { Cursor, EntryStore } from '../ports.ts';
import { readAll, writeAll } from './batches.ts';
import {
  checkpointItem,
  cursorItem,
  cursorKey,
  cursorOf,
  entryItem,
  entryKeyBefore,
  entryOf,
  type LedgerOptions,
  placeOfEntry,
} from './codec.ts';

const noCursor = (lane: number): Cursor => ({ lane, seq: 0, hash: genesis(lane).hash, digest: 0n });

export const createEntryStore = ({ client, table }: LedgerOptions): EntryStore => {
  return {
    cursor: async (lane) => {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: cursorKey(lane), ConsistentRead: true }),
      );
      return Item ? cursorOf(lane, Item) : noCursor(lane);
    },

    write: async (entries, checkpoints) => {
      const items = [...entries.map(entryItem), ...checkpoints.map(checkpointItem)];
      await writeAll({ client, table }, items);
    },

    advance: async (from, to) => {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: cursorItem(to),
            ConditionExpression: from.seq === 0 ? 'attribute_not_exists(pk)' : 'seq = :from',
            ...(from.seq > 0 && { ExpressionAttributeValues: { ':from': from.seq } }),
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },

    find: async (wanted) => {
      const keys = wanted.map(entryItem).map(({ pk, sk }) => ({ pk: `${pk}`, sk: `${sk}` }));
      const items = await readAll({ client, table }, keys);
      return items.map((item) => entryOf(...placeOfEntry(item), item));
    },

    entries: async (key, lane, { before = Number.MAX_SAFE_INTEGER, limit }) => {
      const { pk, first, last } = entryKeyBefore(key, lane, before);
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
          ExpressionAttributeValues: { ':pk': pk, ':first': first, ':last': last },
          ScanIndexForward: false,
          Limit: limit,
          ConsistentRead: true,
        }),
      );
      return Items.map((item) => entryOf(key, lane, item));
    },
  };
};
