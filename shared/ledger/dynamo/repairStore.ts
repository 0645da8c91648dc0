/** RepairStore on the Ledger table. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { writeAll } from '#shared/aws/itemBatches.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import type { Rebuilt, RepairStore } from '../audit/repair.ts';
import { balanceKey, headItem, type LedgerOptions } from './ledgerItems.ts';
import { transferItem } from './recordItems.ts';

const WIDTH = 8;

/** Writes for `repair`, without conditions: nobody else may write to the table at the same time. */
export const createRepairStore = ({ client, table }: LedgerOptions): RepairStore => {
  const setBalance = ({ key, lane, position, available }: Rebuilt) =>
    client.send(
      new UpdateCommand({
        TableName: table,
        Key: balanceKey(key, lane),
        UpdateExpression: 'SET dr = :dr, cr = :cr, pd = :pd, seq = :seq, av = :av',
        ExpressionAttributeValues: {
          ':dr': position.debits,
          ':cr': position.credits,
          ':pd': position.held,
          ':seq': position.seq,
          ':av': available,
        },
      }),
    );
  return {
    restore: async ({ heads = [], balances = [], transfers = [] }) => {
      await writeAll({ client, table }, [
        ...transfers.map(({ transfer, place }) => transferItem(transfer, place)),
        ...heads.map(headItem),
      ]);
      await mapPool(balances, WIDTH, setBalance);
    },
  };
};
