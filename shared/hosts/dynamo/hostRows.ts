/** A row per host, `V#<shard>`: derived from changes, and rebuilt from the state at any time. */
import { DeleteCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { mapPool } from '#shared/kernel/pool.ts';
import type { HostRow, HostRows } from '../ports.ts';
import { conditionalPut } from './conditionalPut.ts';
import { projectionKey } from './hostItems.ts';
import type { HostsOptions } from './transaction.ts';

const WIDTH = 16;

/** The rows of hosts in this table. */
export const createHostRows = ({ client, table }: HostsOptions): HostRows => {
  const unlessNewer = conditionalPut({ client, table });

  const rows = async (shard: string): Promise<readonly HostRow[]> => {
    const found: HostRow[] = [];
    const pages = paginateQuery(
      { client },
      {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': projectionKey({ shard, id: '' }).pk },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages)
      found.push(
        ...Items.map(({ pk: _pk, sk: host, ...row }) => ({ ...row, host }) as unknown as HostRow),
      );
    return found;
  };

  return {
    rows,
    rebuild: async (shard, { live, at }, hostsOf) => {
      const before = await rows(shard);
      const hosts = await hostsOf(shard);
      const ids = new Set(hosts.map(({ id }) => id));
      const gone = before.filter(({ host }) => !ids.has(host));
      await mapPool(gone, WIDTH, ({ host }) =>
        client.send(
          new DeleteCommand({ TableName: table, Key: projectionKey({ shard, id: host }) }),
        ),
      );
      await mapPool(hosts, WIDTH, async (host) => {
        const known = live.get(host.number);
        if (!known || known.state === 'unknown') return;
        const { state, reason, seq, since } = known;
        const row = { ...projectionKey(host), state, since: since * 1_000, reason, seq, at };
        await unlessNewer(row, 'attribute_not_exists(pk) OR seq <= :seq');
      });
      return hosts.length;
    },
  };
};
