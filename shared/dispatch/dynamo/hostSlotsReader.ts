/** SlotsReader on the Hosts table: the items of a host's slots map the jobs that it has to their leases. */

import { readAll } from '#shared/aws/itemBatches.ts';
import { slotKey } from '#shared/aws/slotItems.ts';
import type { HostsOptions } from '#shared/hosts/dynamo/transaction.ts';
import type { LeasedSlot, SlotsReader } from '#shared/hosts/ports.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { slotItemsOf } from '#shared/kernel/slotShards.ts';
import { hostSlotsKey } from './hostSlots.ts';

type Held = Readonly<Record<string, { readonly until: number }>>;

const keysOf = ({ id, concurrency }: Pick<Host, 'id' | 'concurrency'>) =>
  Array.from({ length: slotItemsOf(concurrency) }, (_, item) =>
    item === 0 ? hostSlotsKey(id) : slotKey(id, item),
  );

const heldIn = (held: unknown, now: number): readonly LeasedSlot[] =>
  Object.entries((held ?? {}) as Held).flatMap(([job, { until }]) =>
    until > now ? [{ job, until }] : [],
  );

/** Reads the slots in use of several hosts; the answers may be a moment old. */
export const createSlotsReader = (options: HostsOptions): SlotsReader => ({
  used: async (hosts, now) => {
    const places = hosts.flatMap((host) => keysOf(host).map((key) => ({ id: host.id, key })));
    const hostOf = new Map(places.map(({ id, key }) => [key.pk, id]));
    const keys = places.map(({ key }) => key);
    const used = new Map<string, number>();
    for (const { pk, held } of await readAll(options, keys, { stale: true })) {
      const id = hostOf.get(String(pk)) ?? '';
      used.set(id, (used.get(id) ?? 0) + heldIn(held, now).length);
    }
    return used;
  },
  jobs: async (host, now) => {
    const items = await readAll(options, keysOf(host), { stale: true });
    const all = items.flatMap(({ held }) => heldIn(held, now));
    return all.sort((a, b) => a.until - b.until);
  },
});
