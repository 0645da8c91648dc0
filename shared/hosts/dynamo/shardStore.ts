/**
 * ShardStore on the Hosts table. One write of the state is the fence (its version), the state, and
 * the outbox (its changes, which the table's stream delivers).
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { CHANGES_COUNT, STATE_SORT } from '#shared/contracts/hosts.ts';
import type { Ids } from '#shared/kernel/ports.ts';
import type { ShardState, ShardStore } from '../ports.ts';
import { packIn, unpack } from '../probing/packedState.ts';
import { shardPk } from './hostItems.ts';
import type { HostsOptions } from './transaction.ts';

const stateKey = (shard: string) => ({ pk: shardPk(shard), sk: STATE_SORT });
const leaseKey = (shard: string) => ({ pk: shardPk(shard), sk: 'LEASE' });

const NOTHING: ShardState = { version: 0, tick: 0, at: 0, live: new Map() };

/** The item that made the condition fail; undefined when the write was applied. */
const refusedBy = async (
  write: Promise<unknown>,
): Promise<Readonly<Record<string, unknown>> | undefined> => {
  try {
    await write;
    return undefined;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return unmarshall(error.Item ?? {});
  }
};

const readState =
  ({ client, table }: HostsOptions): ShardStore['read'] =>
  async (shard, { stale } = { stale: false }) => {
    const { Item } = await client.send(
      new GetCommand({
        TableName: table,
        Key: stateKey(shard),
        ConsistentRead: !stale,
        ProjectionExpression: '#version, #tick, #at, #live',
        ExpressionAttributeNames: {
          '#version': 'ver',
          '#tick': 'tick',
          '#at': 'at',
          '#live': 'live',
        },
      }),
    );
    if (!Item) return NOTHING;
    return {
      version: Number(Item['ver']),
      tick: Number(Item['tick']),
      at: Number(Item['at']),
      live: unpack(Item['live'] as Uint8Array),
    };
  };

interface ShardOptions extends HostsOptions {
  readonly ids: Ids;
  /** The schema in which states are written. Default: the first, which every release reads. */
  readonly schema?: () => number;
}

/** States and claims of shards in this table. */
export const createShardStore = (options: ShardOptions): ShardStore => ({
  read: readState(options),

  // The owner of a claim whose answer was lost may claim again. A start far in the future is a
  // clock error.
  claim: async (shard, { tick, owner, from, until, apartMs }) => {
    const names = { '#tick': 'tick', '#owner': 'owner', '#from': 'from', '#until': 'until' };
    const claimed = options.client.send(
      new UpdateCommand({
        TableName: options.table,
        Key: leaseKey(shard),
        UpdateExpression: 'SET #tick = :tick, #owner = :owner, #from = :from, #until = :until',
        ConditionExpression:
          'attribute_not_exists(#tick) OR (#tick < :tick AND NOT #from BETWEEN :after AND :before) OR (#tick = :tick AND #owner = :owner)',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: {
          ':tick': tick,
          ':owner': owner,
          ':from': from,
          ':until': until,
          ':after': from - apartMs,
          ':before': from + apartMs,
        },
      }),
    );
    return (await refusedBy(claimed)) === undefined;
  },

  // The commit's own mark shows whether a write with a lost answer was this one or another.
  commit: async (shard, seen, { tick, at, live }, changes) => {
    const mark = options.ids.next();
    const names = {
      '#version': 'ver',
      '#tick': 'tick',
      '#at': 'at',
      '#live': 'live',
      '#mark': 'mark',
    };
    const committed = options.client.send(
      new UpdateCommand({
        TableName: options.table,
        Key: stateKey(shard),
        UpdateExpression:
          'SET #version = :next, #tick = :tick, #at = :at, #live = :live, #mark = :mark, #changes = :changes, #count = :count',
        ConditionExpression:
          seen.version === 0 ? 'attribute_not_exists(#version)' : '#version = :seen',
        ExpressionAttributeNames: { ...names, '#changes': 'chg', '#count': CHANGES_COUNT },
        ExpressionAttributeValues: {
          ':next': seen.version + 1,
          ':tick': tick,
          ':at': at,
          ':live': packIn(options.schema?.() ?? 1, live),
          ':mark': mark,
          ':changes': changes,
          ':count': changes.length,
          ...(seen.version > 0 && { ':seen': seen.version }),
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    const other = await refusedBy(committed);
    return other === undefined || other['mark'] === mark;
  },
});
