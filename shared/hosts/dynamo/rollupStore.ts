/**
 * RollupStore on the Hosts table, `R#<shard>`: an item per hour and, when a day is over, one per
 * day.
 */
import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { HOSTS_TTL } from '#shared/contracts/hosts.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { ClosedHour, RollupStore } from '../ports.ts';
import { type Counts, DAY_MS, dayOf, type Rollup, sumOf } from '../rollups.ts';
import { conditionalPut } from './conditionalPut.ts';
import type { HostsOptions } from './transaction.ts';

const RECORD_BYTES = 12;
type Span = 'H' | 'D';

const partOf = (shard: string): string => `R#${shard}`;
/** Times that sort as text. */
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

/** Rollups in this table. Items expire by the table's TTL. */
export const createRollupStore = ({ client, table }: HostsOptions): RollupStore => {
  const unlessNewer = conditionalPut({ client, table });
  const put = (
    shard: string,
    span: Span,
    { at, counts, version: seq }: ClosedHour,
  ): Promise<void> => {
    const expiresAt = Math.floor(at / 1_000) + KEPT_SECONDS[span];
    const key = { pk: partOf(shard), sk: sortOf(span, at) };
    const item = { ...key, at, c: pack(counts), seq, [HOSTS_TTL]: expiresAt };
    return unlessNewer(item, 'attribute_not_exists(pk) OR seq <= :seq');
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

  return {
    hours: (shard, from, to) => read(shard, 'H', from, to),
    days: (shard, from, to) => read(shard, 'D', from, to),
    // Written before the state that counts on: after a crash in between, both are done again.
    putHour: async (shard, hour, now) => {
      await put(shard, 'H', hour);
      const day = dayOf(hour.at);
      if (dayOf(now) === day) return;
      const hours = await read(shard, 'H', day, day + DAY_MS);
      await put(shard, 'D', { at: day, counts: sumOf(hours), version: hour.version });
    },
  };
};
