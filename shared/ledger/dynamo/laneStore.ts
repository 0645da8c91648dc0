/** LaneStore on the Ledger table. A commit is one transaction. */
import { GetCommand, TransactGetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { readAll } from '#shared/aws/itemBatches.ts';
import { sha256 } from '#shared/kernel/json.ts';
import { systemIds } from '#shared/kernel/ports.ts';
import type { Block, Head } from '../core/blocks.ts';
import { genesis } from '../core/blocks.ts';
import type { Draw } from '../core/types.ts';
import type { BalanceChange, Commit, Found, LaneStore, WantedItems } from '../ports.ts';
import { cancellationOf } from './cancellation.ts';
import {
  accountKey,
  accountOf,
  balanceKey,
  blockItem,
  headKey,
  headOf,
  type Item,
  type LedgerOptions,
  positionOf,
  recordKey,
} from './ledgerItems.ts';
import { ledgerRecordOf, transferItem } from './recordItems.ts';
import { asked } from './refusal.ts';

type Action = NonNullable<
  ConstructorParameters<typeof TransactWriteCommand>[0]['TransactItems']
>[number];

const OLD = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

const headAction = (table: string, { hash: previous, seq }: Head, block: Block): Action => ({
  Update: {
    TableName: table,
    Key: headKey(block.lane),
    UpdateExpression: 'SET seq = :n, h = :h, #at = :at',
    ConditionExpression: seq === 0 ? 'attribute_not_exists(pk)' : 'seq = :p AND h = :ph',
    ExpressionAttributeNames: { '#at': 'at' },
    ExpressionAttributeValues: {
      ':n': block.seq,
      ':h': block.hash,
      ':at': block.at,
      ...(seq > 0 && { ':p': seq, ':ph': previous }),
    },
  },
});

const blockAction = (table: string, block: Block, count: number): Action => ({
  Put: {
    TableName: table,
    Item: blockItem(block, count),
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

const balanceAction = (table: string, change: BalanceChange): Action => {
  const { key, lane, after, available, held, need, mayBeClosed } = change;
  const conditions = [
    ...(need > 0n ? ['av >= :need'] : []),
    ...(mayBeClosed ? [] : ['attribute_not_exists(closed)']),
  ];
  return {
    Update: {
      TableName: table,
      Key: balanceKey(key, lane),
      // ADD costs less than SET with a sum, which must handle absent attributes.
      UpdateExpression: 'SET dr = :dr, cr = :cr, seq = :seq ADD av :av, pd :pd',
      ...(conditions.length > 0 && { ConditionExpression: conditions.join(' AND ') }),
      ExpressionAttributeValues: {
        ':dr': after.debits,
        ':cr': after.credits,
        ':seq': after.seq,
        ':av': available,
        ':pd': held,
        ...(need > 0n && { ':need': need }),
      },
    },
  };
};

/** One draw for each hold: a transaction may name an item only once. */
const drawsOf = ({ done }: Commit): readonly Draw[] => {
  const byHold = Map.groupBy(
    done.flatMap(({ draw }) => draw ?? []),
    ({ id }) => id,
  );
  return [...byHold].map(([id, draws]) => ({
    id,
    drawn: draws.reduce((sum, { drawn }) => sum + drawn, 0n),
    returned: draws.reduce((sum, { returned }) => sum + returned, 0n),
    closes: draws.some(({ closes }) => closes),
  }));
};

const drawAction = (table: string, { id, drawn, returned, closes }: Draw, now: number): Action => ({
  Update: {
    TableName: table,
    Key: recordKey(id),
    UpdateExpression: closes ? 'SET l = l - :gone, st = :posted REMOVE gx' : 'SET l = l - :gone',
    // A draw that closes returns a rest that was computed before: what is left must be the same.
    ConditionExpression: `st = :pending AND x > :now AND l ${closes ? '=' : '>='} :gone`,
    ExpressionAttributeValues: {
      ':pending': 'pending',
      ':now': now,
      ':gone': drawn + returned,
      ...(closes && { ':posted': 'posted' }),
    },
  },
});

const actionsOf = (table: string, commit: Commit): readonly Action[] => {
  const { heads, blocks, done, changes, now } = commit;
  const placed = new Map(blocks.map((block) => [block.lane, { block, next: 0 }]));
  const records = done.map(({ transfer, lane }): Action => {
    const place = placed.get(lane);
    const index = place ? place.next++ : 0;
    const Item = transferItem(transfer, { lane, seq: place?.block.seq ?? 0, index });
    return {
      Put: { TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)', ...OLD },
    };
  });
  const ends = blocks.flatMap((block, index) => {
    const head = heads[index];
    const count = placed.get(block.lane)?.next ?? 0;
    return head ? [blockAction(table, block, count), headAction(table, head, block)] : [];
  });
  return [
    ...records,
    ...drawsOf(commit).map((draw) => drawAction(table, draw, now)),
    ...changes.map((change) => balanceAction(table, change)),
    ...ends,
  ];
};

/**
 * The idempotency token of a commit. Retries of the SDK repeat the token. DynamoDB then gives the
 * first answer again, for minutes, and knows a table only by its name. A ledger that is built again
 * from its journal commits the same blocks, perhaps in a new table with the name of the lost table.
 * The writer is part of the token, so that these commits are written.
 */
const tokenOf = (writer: string, { blocks }: Commit): string =>
  sha256(`${writer} ${blocks[0]?.hash}`).slice(0, 36);

/**
 * The lanes in the Ledger table. Reads are strongly consistent. `load` and `commit` throw
 * StoreRefusedError LEDGER_STORE_REFUSED when the table never takes the request.
 */
export const createLaneStore = ({ client, table }: LedgerOptions): LaneStore => {
  const writer = systemIds.next();
  return {
    head: async (lane) => {
      const read = new GetCommand({ TableName: table, Key: headKey(lane), ConsistentRead: true });
      const { Item } = await asked(() => client.send(read));
      return Item ? headOf(lane, Item) : genesis(lane);
    },

    heads: async (lanes) => {
      const TransactItems = lanes.map((lane) => ({
        Get: { TableName: table, Key: headKey(lane) },
      }));
      try {
        const read = new TransactGetCommand({ TransactItems });
        const { Responses = [] } = await asked(() => client.send(read));
        return lanes.map((lane, index) => {
          const { Item } = Responses[index] ?? {};
          return Item ? headOf(lane, Item) : genesis(lane);
        });
      } catch (error) {
        if (cancellationOf(error).kind === 'busy') return undefined;
        throw error;
      }
    },

    load: async ({ accounts = [], positions = [], records = [] }: WantedItems): Promise<Found> => {
      const byKey = ({ pk, sk }: Item | { pk: string; sk: string }): string => `${pk}|${sk}`;
      const keys = [
        ...accounts.map(accountKey),
        ...positions.map(({ key, lane }) => balanceKey(key, lane)),
        ...records.map(recordKey),
      ];
      const distinct = [...new Map(keys.map((key) => [byKey(key), key])).values()];
      const read = await asked(() => readAll({ client, table }, distinct));
      const items = new Map(read.map((item) => [byKey(item), item]));
      const at = <T>(key: { pk: string; sk: string }, as: (item: Item) => T): readonly T[] => {
        const item = items.get(byKey(key));
        return item ? [as(item)] : [];
      };
      const all = records.flatMap((id) => at(recordKey(id), ledgerRecordOf));
      return {
        accounts: accounts.flatMap((key) => at(accountKey(key), accountOf)),
        positions: positions.flatMap(({ key, lane }) =>
          at(balanceKey(key, lane), (item) => ({ key, lane, position: positionOf(item) })),
        ),
        transfers: all.flatMap((record) => ('transfer' in record ? [record.transfer] : [])),
        holds: all.flatMap((record) => ('hold' in record ? [record.hold] : [])),
      };
    },

    commit: async (commit) => {
      const TransactItems = [...actionsOf(table, commit)];
      try {
        const ClientRequestToken = tokenOf(writer, commit);
        const command = new TransactWriteCommand({ TransactItems, ClientRequestToken });
        await asked(() => client.send(command));
        return { kind: 'done' };
      } catch (error) {
        const cancelled = cancellationOf(error);
        if (cancelled.kind === 'busy') return cancelled;
        const { done } = commit;
        const taken = [...cancelled.items.keys()].flatMap((index) => done[index]?.id ?? []);
        const moved = taken.length < cancelled.items.size || taken.length === 0;
        return { kind: 'stale', taken, moved };
      }
    },
  };
};
