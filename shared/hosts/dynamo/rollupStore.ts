/** RollupStore on the Hosts table: `R#<shard>`, an item an hour and, once it is over, one a day. */
import { GetCommand, PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { HOSTS_TTL } from '#shared/contracts/hosts.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { RollupStore } from '../ports.ts';
import { type Counts, DAY_MS, dayOf, type Rollup, sumOf } from '../rollups.ts';
import type { HostsOptions } from './transaction.ts';

const RECORD_BYTES = 12;
type Span = 'H' | 'D';

const partOf = (shard: string): string => `R#${shard}`;
/** Times sort as text. */
const sortOf = (span: Span, at: number): string => `${span}#${new Date(at).toISOString()}`;

const pack = (counts: ReadonlyMap<number, Counts>): Uint8Array => {
  const bytes = new Uint8Array(counts.size * RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  [...counts].forEach(([number, { probes, passes }], index) => {
    view.setUint32(index * RECORD_BYTES, number);
    view.setUint32(index * RECORD_BYTES + 4, probes);
    view.setUint32(index * RECORD_BYTES + 8, passes);
  });
  return bytes;
};

const unpack = (bytes: Uint8Array): ReadonlyMap<number, Counts> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const counts = new Map<number, Counts>();
  for (let at = 0; at < bytes.length; at += RECORD_BYTES)
    counts.set(view.getUint32(at), {
      probes: view.getUint32(at + 4),
      passes: view.getUint32(at + 8),
    });
  return counts;
};

const KEPT_SECONDS: Readonly<Record<Span, number>> = {
  H: LIMITS.rollupHourSeconds,
  D: LIMITS.rollupDaySeconds,
};

export const createRollupStore = ({ client, table }: HostsOptions): RollupStore => {
  const put = async (shard: string, span: Span, { at, counts }: Rollup): Promise<void> => {
    const expiresAt = Math.floor(at / 1_000) + KEPT_SECONDS[span];
    const key = { pk: partOf(shard), sk: sortOf(span, at) };
    const Item = { ...key, at, c: pack(counts), [HOSTS_TTL]: expiresAt };
    await client.send(new PutCommand({ TableName: table, Item }));
  };

  const read = async (
    shard: string,
    span: Span,
    from: number,
    to: number,
  ): Promise<readonly Rollup[]> => {
    if (to <= from) return [];
    const rollups: Rollup[] = [];
    const pages = paginateQuery(
      { client },
      {
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': partOf(shard),
          ':from': sortOf(span, from),
          ':to': sortOf(span, to - 1),
        },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages)
      rollups.push(
        ...Items.map(({ at, c }) => ({ at: Number(at), counts: unpack(c as Uint8Array) })),
      );
    return rollups;
  };

  const sumUp = async (shard: string, day: number): Promise<void> => {
    const key = { pk: partOf(shard), sk: sortOf('D', day) };
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key }));
    if (Item) return;
    const hours = await read(shard, 'H', day, day + DAY_MS);
    if (hours.length > 0) await put(shard, 'D', { at: day, counts: sumOf(hours) });
  };

  return {
    hours: (shard, from, to) => read(shard, 'H', from, to),
    days: (shard, from, to) => read(shard, 'D', from, to),
    putHour: async (shard, hour) => {
      await put(shard, 'H', hour);
      // The first hour of a day, and the last one: whichever comes, the day before is over.
      await sumUp(shard, dayOf(hour.at) - DAY_MS);
    },
  };
};
