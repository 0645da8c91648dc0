/** HistoryStore on the Ledger table: lines of an imported journal, by account. */
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { writeAll } from '#shared/aws/itemBatches.ts';
import type { HistoryStore } from '../ports.ts';
import { historyItem, historyKey } from './entryItems.ts';
import type { LedgerOptions } from './ledgerItems.ts';

/**
 * The imported history in the Ledger table. `write` may be repeated; `read` may miss recent lines.
 */
export const createHistoryStore = ({ client, table }: LedgerOptions): HistoryStore => ({
  write: (lines) =>
    writeAll(
      { client, table },
      lines.map(({ key, line, raw }) => historyItem(key, line, raw)),
    ),

  read: async (key, limit) => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': historyKey(key) },
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    return Items.map(({ e }) => String(e));
  },
});
