/** The writes of the registry, one transaction each. */
import { assert } from '#shared/kernel/assert.ts';
import type { HostStore } from '../ports.ts';
import type { Host } from '../registry/host.ts';
import { DIRECTORY, hostItem, hostKey, metaKey, pointerKey, projectionKey } from './hostItems.ts';
import { type Action, type HostsOptions, transact } from './transaction.ts';

const actionsOn = (table: string) => {
  /**
   * Raises the version of a shard.
   *
   * @param gives numbers that are given out: from which on, and how many
   */
  const bump = (
    shard: string,
    gives?: { readonly from: number; readonly count: number },
  ): Action => ({
    Update: {
      TableName: table,
      Key: metaKey(shard),
      UpdateExpression: gives ? 'SET #next = :next ADD #version :one' : 'ADD #version :one',
      ...(gives && {
        ConditionExpression: gives.from === 0 ? 'attribute_not_exists(#next)' : '#next = :from',
      }),
      ExpressionAttributeNames: { '#version': 'version', ...(gives && { '#next': 'next' }) },
      ExpressionAttributeValues: {
        ':one': 1,
        ...(gives && { ':next': gives.from + gives.count }),
        ...(gives && gives.from > 0 && { ':from': gives.from }),
      },
    },
  });

  const put = (host: Host, seen?: Host): Action => ({
    Put: {
      TableName: table,
      Item: hostItem(host),
      ...(seen
        ? { ConditionExpression: 'v = :v AND n = :n', ...unchanged(seen) }
        : { ConditionExpression: 'attribute_not_exists(pk)' }),
    },
  });

  return {
    bump,
    put,
    drop: (seen: Host): readonly Action[] => [
      {
        Delete: {
          TableName: table,
          Key: hostKey(seen.shard, seen.id),
          ConditionExpression: 'v = :v AND n = :n',
          ...unchanged(seen),
        },
      },
      { Delete: { TableName: table, Key: projectionKey(seen) } },
    ],
    count: (shard: string, more: number, hostsMax: number, from?: string): Action => ({
      Update: {
        TableName: table,
        Key: DIRECTORY,
        UpdateExpression: from ? 'ADD #to :more, #from :less' : 'ADD #to :more',
        ConditionExpression: `attribute_not_exists(#to) OR #to <= :room`,
        ExpressionAttributeNames: { '#to': shard, ...(from && { '#from': from }) },
        ExpressionAttributeValues: {
          ':more': more,
          ':room': hostsMax - more,
          ...(from && { ':less': -more }),
        },
      },
    }),
    pointer: (host: Host, seen?: Host): Action => ({
      Put: {
        TableName: table,
        Item: { ...pointerKey(host.id), shard: host.shard },
        ...(seen
          ? {
              ConditionExpression: '#shard = :shard',
              ExpressionAttributeNames: { '#shard': 'shard' },
              ExpressionAttributeValues: { ':shard': seen.shard },
            }
          : { ConditionExpression: 'attribute_not_exists(pk)' }),
      },
    }),
  };
};

const unchanged = ({ version, number }: Host) => ({
  ExpressionAttributeValues: { ':v': version, ':n': number },
});

/** Writes on the condition of what the caller has read. */
export const createHostWrites = (
  options: HostsOptions,
): Pick<HostStore, 'create' | 'rewrite' | 'move' | 'remove'> => {
  const { bump, put, drop, count, pointer } = actionsOn(options.table);
  return {
    create: (hosts, hostsMax) => {
      const [{ shard, number: from }] = hosts as readonly [Host];
      assert(
        hosts.every((host, index) => host.shard === shard && host.number === from + index),
        'new hosts are of one shard and numbered on',
      );
      return transact(options, [
        ...hosts.flatMap((host) => [pointer(host), put(host)]),
        bump(shard, { from, count: hosts.length }),
        count(shard, hosts.length, hostsMax),
      ]);
    },

    rewrite: (changes) => {
      const [{ next }] = changes as readonly [(typeof changes)[number]];
      assert(
        changes.every(({ seen, next: { shard } }) => shard === seen.shard && shard === next.shard),
        'hosts are rewritten within their shard',
      );
      return transact(options, [
        ...changes.map((change) => put(change.next, change.seen)),
        bump(next.shard),
      ]);
    },

    move: ({ seen, next }, hostsMax) =>
      transact(options, [
        pointer(next, seen),
        ...drop(seen),
        put(next),
        bump(seen.shard),
        bump(next.shard, { from: next.number, count: 1 }),
        count(next.shard, 1, hostsMax, seen.shard),
      ]),

    remove: (seen) =>
      transact(options, [
        {
          Delete: {
            TableName: options.table,
            Key: pointerKey(seen.id),
            ConditionExpression: '#shard = :shard',
            ExpressionAttributeNames: { '#shard': 'shard' },
            ExpressionAttributeValues: { ':shard': seen.shard },
          },
        },
        ...drop(seen),
        bump(seen.shard),
        {
          Update: {
            TableName: options.table,
            Key: DIRECTORY,
            UpdateExpression: 'ADD #shard :less',
            ExpressionAttributeNames: { '#shard': seen.shard },
            ExpressionAttributeValues: { ':less': -1 },
          },
        },
      ]),
  };
};
