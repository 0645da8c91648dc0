/** LedgerReader on the Ledger table. */
import { GetCommand, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import { readAll } from '#shared/aws/itemBatches.ts';
import { BLOCK_PREFIX, EXPIRY_INDEX } from '#shared/contracts/ledger.ts';
import { SCHEMA_KEY } from '#shared/contracts/schemas.ts';
import type { LedgerReader } from '../ports.ts';
import { blockKey, blockOf, type Item, type LedgerOptions, recordKey } from './ledgerItems.ts';
import { expiryShard, holdOf, storedRecordOf } from './recordItems.ts';
import { storedItemOf } from './storedItems.ts';

/** The table's schema stands beside the ledger, and is no part of it. */
const isOfLedger = ({ pk, sk }: Item): boolean => pk !== SCHEMA_KEY.pk || sk !== SCHEMA_KEY.sk;

/**
 * Reads the whole Ledger table. `pendingHolds` reads an index, which may be a moment behind; all
 * other reads are strongly consistent.
 */
export const createLedgerReader = ({ client, table }: LedgerOptions): LedgerReader => ({
  block: async (lane, seq) => {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: blockKey(lane, seq), ConsistentRead: true }),
    );
    return Item && blockOf(lane, Item);
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
});
