/** HostStore on the Hosts table. Every change of a host raises the version of its shard. */
import { GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { readAll } from '#shared/aws/itemBatches.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { HostStore } from '../ports.ts';
import { byShard } from '../registry/definition.ts';
import type { Host } from '../registry/host.ts';
import {
  DIRECTORY,
  HOST_PREFIX,
  type HostItem,
  hostKey,
  hostOf,
  metaKey,
  pointerKey,
  shardPk,
} from './hostItems.ts';
import { createHostWrites } from './hostWrites.ts';
import type { HostsOptions } from './transaction.ts';

type Key = Readonly<Record<'pk' | 'sk', string>>;

/** A host that moves during the search is found at the second try. */
const LOOKS_MAX = 5;

const findAll = async (
  options: HostsOptions,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Host>> => {
  const found = new Map<string, Host>();
  let open = [...new Set(ids)];
  for (let look = 0; open.length > 0; look += 1) {
    assert(look < LOOKS_MAX, `the hosts ${open.join(', ')} point to shards that have them not`);
    const pointers = await readAll(options, open.map(pointerKey));
    const keys = pointers.map(({ pk, shard }) => hostKey(String(shard), String(pk).slice(2)));
    const hosts = (await readAll(options, keys)).map(hostOf);
    for (const host of hosts) found.set(host.id, host);
    const pointed = new Set(pointers.map(({ pk }) => String(pk).slice(2)));
    open = open.filter((id) => pointed.has(id) && !found.has(id));
  }
  return found;
};

/**
 * The registry on this table. Keeps the hosts of a shard, and reads them again when the shard's
 * version changes.
 */
export const createHostStore = (options: HostsOptions): HostStore => {
  const { client, table } = options;
  const seen = new Map<string, { readonly version: number; readonly hosts: readonly Host[] }>();

  const read = async (Key: Key): Promise<HostItem> => {
    const { Item = {} } = await client.send(
      new GetCommand({ TableName: table, Key, ConsistentRead: true }),
    );
    return Item;
  };

  const counts = async (): Promise<ReadonlyMap<string, number>> => {
    const { pk: _pk, sk: _sk, ...shards } = await read(DIRECTORY);
    return new Map(Object.entries(shards).map(([shard, count]) => [shard, Number(count)]));
  };

  const query = async (shard: string): Promise<readonly Host[]> => {
    const hosts: Host[] = [];
    const pages = paginateQuery(
      { client },
      {
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :host)',
        ExpressionAttributeValues: { ':pk': shardPk(shard), ':host': HOST_PREFIX },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages) hosts.push(...Items.map(hostOf));
    return hosts;
  };

  return {
    get: async (id) => (await findAll(options, [id])).get(id),
    find: (ids) => findAll(options, ids),
    counts,
    shards: async () =>
      [...(await counts())].flatMap(([shard, n]) => (n > 0 ? [shard] : [])).sort(byShard),
    nextNumber: async (shard) => Number((await read(metaKey(shard)))['next'] ?? 0),

    // The version is read first: what changes meanwhile is read again next time.
    ofShard: async (shard) => {
      const version = Number((await read(metaKey(shard)))['version'] ?? 0);
      const known = seen.get(shard);
      if (known?.version === version) return known.hosts;
      const hosts = await query(shard);
      seen.set(shard, { version, hosts });
      return hosts;
    },

    ...createHostWrites(options),
  };
};
