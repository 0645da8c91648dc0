/** EntryStore on the Ledger table: entries by account and lane, cursors and checkpoints by lane. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { readAll, writeAll } from '#shared/aws/itemBatches.ts';
import { genesis } from '../core/blocks.ts';
import type { Cursor, EntryStore, WrittenOut } from '../ports.ts';
import {
  CHECKPOINT_PREFIX,
  checkpointItem,
  cursorItem,
  cursorKey,
  cursorOf,
  ENTRY_PREFIX,
  entriesBefore,
  entryItem,
  entryOf,
  SNAPSHOT_PREFIX,
  snapshotItem,
  snapshotOf,
  snapshotsBefore,
} from './entryItems.ts';
import { type Item, type LedgerOptions, readable } from './ledgerItems.ts';

const noCursor = (lane: number): Cursor => ({ lane, seq: 0, hash: genesis(lane).hash, digest: 0n });

const itemsOf = ({ entries, snapshots, checkpoints }: WrittenOut): readonly Item[] => [
  ...entries.map(entryItem),
  ...snapshots.map(snapshotItem),
  ...checkpoints.map(checkpointItem),
];

/** The written-out journal in the Ledger table. All reads are strongly consistent. */
export const createEntryStore = ({ client, table }: LedgerOptions): EntryStore => {
  const query = async (
    { pk, first, last }: ReturnType<typeof entriesBefore>,
    limit: number,
    oldestFirst = false,
  ): Promise<readonly Item[]> => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: { ':pk': pk, ':first': first, ':last': last },
        ScanIndexForward: oldestFirst,
        Limit: limit,
        ConsistentRead: true,
      }),
    );
    return Items;
  };
  return {
    cursor: async (lane) => {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: cursorKey(lane), ConsistentRead: true }),
      );
      return Item ? readable(Item, cursorOf) : noCursor(lane);
    },

    write: (what) => writeAll({ client, table }, itemsOf(what)),

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
      const keys = itemsOf(wanted).map(({ pk, sk }) => ({ pk: `${pk}`, sk: `${sk}` }));
      const items = await readAll({ client, table }, keys);
      const those = (prefix: string) => items.filter(({ sk }) => `${sk}`.startsWith(prefix));
      return {
        entries: those(ENTRY_PREFIX).map(entryOf),
        snapshots: those(SNAPSHOT_PREFIX).map(snapshotOf),
        checkpoints: those(CHECKPOINT_PREFIX).map((item) => readable(item, cursorOf)),
      };
    },

    entries: async (key, lane, { before = { at: Number.MAX_SAFE_INTEGER }, limit }) =>
      (await query(entriesBefore(key, lane, before), limit)).map(entryOf),

    oldest: async (key, lane) => {
      const all = entriesBefore(key, lane, { at: Number.MAX_SAFE_INTEGER });
      return (await query(all, 1, true)).map(entryOf)[0];
    },

    snapshot: async (key, lane, before) =>
      (await query(snapshotsBefore(key, lane, { at: before }), 1)).map(snapshotOf)[0],
  };
};
