/** What people read of changes: a row per host (`V#<shard>`), and every change (`E#<host>`). */
import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { readAll } from '#shared/aws/itemBatches.ts';
import { HOSTS_TTL } from '#shared/contracts/hosts.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { changeIdOf } from '../events/changeId.ts';
import type { HostHistory, HostProjection } from '../ports.ts';
import type { StateChange } from '../probing/hostState.ts';
import { conditionalPut } from './conditionalPut.ts';
import { projectionKey } from './hostItems.ts';
import type { HostsOptions } from './transaction.ts';

const WIDTH = 16;

const changeKey = ({ host, seq }: Pick<StateChange, 'host' | 'seq'>) => ({
  pk: `E#${host}`,
  sk: String(seq).padStart(10, '0'),
});

/** Records and reads changes in this table. To record a change twice is harmless. */
export const createHostProjection = ({
  client,
  table,
}: HostsOptions): HostProjection & HostHistory => {
  const unlessNewer = conditionalPut({ client, table });

  const recordOne = async (shard: string, change: StateChange): Promise<void> => {
    const { host, seq, to: state, since, reason, at } = change;
    const row = { ...projectionKey({ shard, id: host }), state, since, reason, seq, at };
    await unlessNewer(row, 'attribute_not_exists(pk) OR seq < :seq');
    const expiresAt = Math.floor(at / 1_000) + LIMITS.hostChangeSeconds;
    const event = { ...changeKey(change), ...change, [HOSTS_TTL]: expiresAt };
    await unlessNewer(event, 'attribute_not_exists(pk)');
  };

  return {
    recorded: async (changes) => {
      const found = await readAll({ client, table }, changes.map(changeKey));
      return new Set(
        found.map(({ host, seq }) => changeIdOf({ host: String(host), seq: Number(seq) })),
      );
    },

    record: async (shard, changes) => {
      await mapPool(changes, WIDTH, (change) => recordOne(shard, change));
    },

    changes: async (host, limit) => {
      const pages = paginateQuery(
        { client, pageSize: limit },
        {
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': `E#${host}` },
          ScanIndexForward: false,
        },
      );
      for await (const { Items = [] } of pages)
        return Items.map(
          ({ pk: _pk, sk: _sk, [HOSTS_TTL]: _ttl, ...change }) => change as unknown as StateChange,
        );
      return [];
    },
  };
};
