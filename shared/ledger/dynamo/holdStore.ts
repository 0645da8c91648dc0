/**
 * HoldStore on the Ledger table. One transaction writes the holds and the balance that they lower.
 */
import { paginateQuery, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { EXPIRY_INDEX } from '#shared/contracts/ledger.ts';
import type { Hold } from '../core/types.ts';
import type { HoldAnswer, HoldStore } from '../ports.ts';
import { cancellationOf } from './cancellation.ts';
import { balanceKey, type Item, type LedgerOptions, recordKey } from './ledgerItems.ts';
import { expiryShard, holdFingerprint, holdItem, holdOf } from './recordItems.ts';
import { asked } from './refusal.ts';

/** Items of a page with a filter: the table reads holds of all accounts to find those of one. */
const FILTERED_PAGE = 1_000;

type Actions = NonNullable<ConstructorParameters<typeof TransactWriteCommand>[0]['TransactItems']>;

const balanceOf = (table: string, hold: Hold, amount: bigint, conditions: readonly string[]) => ({
  Update: {
    TableName: table,
    Key: balanceKey({ unit: hold.unit, account: hold.from }, hold.lane),
    UpdateExpression: 'ADD av :freed, pd :a, dr :zero, cr :zero, seq :zero',
    ...(conditions.length > 0 && { ConditionExpression: conditions.join(' AND ') }),
    ExpressionAttributeValues: { ':a': amount, ':freed': -amount, ':zero': 0 },
  },
});

const parentOf = (table: string, id: string, amount: bigint, now: number) => ({
  Update: {
    TableName: table,
    Key: recordKey(id),
    UpdateExpression: 'SET l = l - :a',
    ConditionExpression: 'st = :pending AND x > :now AND l >= :a',
    ExpressionAttributeValues: { ':a': amount, ':pending': 'pending', ':now': now },
  },
});

/**
 * The holds in the Ledger table. `place` and `end` throw StoreRefusedError LEDGER_STORE_REFUSED
 * when the table never takes an item.
 */
export const createHoldStore = ({ client, table }: LedgerOptions): HoldStore => {
  const send = async (TransactItems: Actions): Promise<HoldAnswer> => {
    try {
      await asked(() => client.send(new TransactWriteCommand({ TransactItems })));
      return { kind: 'done' };
    } catch (error) {
      return cancellationOf(error).kind === 'busy' ? { kind: 'busy' } : { kind: 'refused' };
    }
  };
  return {
    place: (holds, { guarded, now }) => {
      const [first] = holds;
      if (!first) return Promise.resolve({ kind: 'done' });
      const sum = holds.reduce((total, { amount }) => total + amount, 0n);
      const open = 'attribute_not_exists(closed)';
      const puts = holds.map((hold) => ({
        Put: {
          TableName: table,
          Item: holdItem(hold),
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      }));
      const source =
        first.parent === undefined
          ? balanceOf(table, first, sum, guarded ? ['av >= :a', open] : [open])
          : parentOf(table, first.parent, sum, now);
      return send([...puts, source]);
    },

    end: (hold, as) =>
      send([
        {
          Update: {
            TableName: table,
            Key: recordKey(hold.id),
            UpdateExpression: 'SET st = :as, l = :zero, h = :h REMOVE gx',
            ConditionExpression: 'st = :pending AND l = :left',
            ExpressionAttributeValues: {
              ':as': as,
              ':zero': 0,
              ':pending': 'pending',
              ':left': hold.left,
              ':h': holdFingerprint({ ...hold, state: as }),
            },
          },
        },
        ...(hold.left > 0n ? [balanceOf(table, hold, -hold.left, [])] : []),
      ]),

    expired: async (lane, until, limit, of) => {
      const found: Hold[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName: table,
          IndexName: EXPIRY_INDEX.name,
          KeyConditionExpression: '#gx = :gx AND #x <= :until',
          ...(of && { FilterExpression: '#u = :u AND #from = :from' }),
          ExpressionAttributeNames: {
            '#gx': EXPIRY_INDEX.partition,
            '#x': EXPIRY_INDEX.sort,
            ...(of && { '#u': 'u', '#from': 'from' }),
          },
          ExpressionAttributeValues: {
            ':gx': expiryShard(lane),
            ':until': until,
            ...(of && { ':u': of.unit, ':from': of.account }),
          },
          Limit: of ? FILTERED_PAGE : limit,
        },
      );
      for await (const { Items = [] } of pages) {
        found.push(...Items.map((item: Item) => holdOf(item)));
        if (found.length >= limit) break;
      }
      return found.slice(0, limit);
    },
  };
};
