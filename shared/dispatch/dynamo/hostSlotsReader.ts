/** SlotsReader on the Hosts table: the items of a host's slots map the jobs that it has to their leases. */

import { readAll } from '#shared/aws/itemBatches.ts';
import { slotKey } from '#shared/aws/slotItems.ts';
import type { HostsOptions } from '#shared/hosts/dynamo/transaction.ts';
import type { SlotsReader } from '#shared/hosts/ports.ts';
import { slotItemsOf } from '#shared/kernel/slotShards.ts';
import { hostSlotsKey } from './hostSlots.ts';

type Held = Readonly<Record<string, { readonly until: number }>>;

/** Counts the slots in use of several hosts; the counts may be a moment old. */
export const createSlotsReader = (options: HostsOptions): SlotsReader => ({
  used: async (hosts, now) => {
    const places = hosts.flatMap(({ id, concurrency }) =>
      Array.from({ length: slotItemsOf(concurrency) }, (_, item) => ({
        id,
        key: item === 0 ? hostSlotsKey(id) : slotKey(id, item),
      })),
    );
    const hostOf = new Map(places.map(({ id, key }) => [key.pk, id]));
    const keys = places.map(({ key }) => key);
    const used = new Map<string, number>();
    for (const { pk, held = {} } of await readAll(options, keys, { stale: true })) {
      const id = hostOf.get(String(pk)) ?? '';
      const live = Object.values(held as Held).filter(({ until }) => until > now);
      used.set(id, (used.get(id) ?? 0) + live.length);
    }
    return used;
  },
});
