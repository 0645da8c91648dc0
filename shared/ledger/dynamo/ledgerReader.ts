/** LedgerReader on the Ledger table. */
import { GetCommand, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import { readAll } from '#shared/aws/itemBatches.ts';
import { BLOCK_PREFIX, EXPIRY_INDEX } from '#shared/contracts/ledger.ts';
import { SCHEMA_KEY } from '#shared/contracts/schemas.ts';
import type { LedgerReader } from '../ports.ts';
import {
  accountKey,
  accountOf,
  balanceKey,
  blockKey,
  blockOf,
  type Item,
  type LedgerOptions,
  recordKey,
  storedBalanceOf,
} from './ledgerItems.ts';
import { expiryShard, holdOf, storedRecordOf } from './recordItems.ts';
import { storedItemOf } from './storedItems.ts';

/** The table's schema stands beside the ledger, and is no part of it. */
const isOfLedger = ({ pk, sk }: Item): boolean => pk !== SCHEMA_KEY.pk || sk !== SCHEMA_KEY.sk;

/**
 * Reads the whole Ledger table. `pendingHolds` reads an index, which may be a moment behind; all
 * other reads are strongly consistent.
 */
export const createLedgerReader = ({ client, table }: LedgerOptions): LedgerReader => {
  const get = async (Key: Item): Promise<Item | undefined> => {
    const read = new GetCommand({ TableName: table, Key, ConsistentRead: true });
    return (await client.send(read)).Item;
  };
  return {
    account: async (key) => {
      const item = await get(accountKey(key));
      return item && accountOf(item);
    },

    balance: async (key, lane) => {
      const item = await get(balanceKey(key, lane));
      return item && storedBalanceOf(item);
    },

    block: async (lane, seq) => {
      const item = await get(blockKey(lane, seq));
      return item && blockOf(lane, item);
    },

    blocks: async function* (lane, seq) {
      const { pk, sk } = blockKey(lane, seq);
      const pages = paginateQuery(
        { client },
        {
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :last',
          ExpressionAttributeValues: {
            ':pk': pk,
            ':after': `${sk}~`,
            ':last': `${BLOCK_PREFIX}~`,
          },
          ConsistentRead: true,
        },
      );
      for await (const { Items = [] } of pages) yield Items.map((item) => blockOf(lane, item));
    },

    items: async function* () {
      const pages = paginateScan({ client }, { TableName: table, ConsistentRead: true });
      for await (const { Items = [] } of pages) yield Items.filter(isOfLedger).map(storedItemOf);
    },

    records: async (ids) =>
      (await readAll({ client, table }, ids.map(recordKey))).map(storedRecordOf),

    pendingHolds: async function* (lane) {
      const pages = paginateQuery(
        { client },
        {
          TableName: table,
          IndexName: EXPIRY_INDEX.name,
          KeyConditionExpression: '#gx = :gx',
          ExpressionAttributeNames: { '#gx': EXPIRY_INDEX.partition },
          ExpressionAttributeValues: { ':gx': expiryShard(lane) },
        },
      );
      for await (const { Items = [] } of pages) yield Items.map((item: Item) => holdOf(item));
    },
  };
};
