/** SlotsReader on the Hosts table: `H#<id>`/`SLOTS` maps the jobs that a host has to their leases. */

import { readAll } from '#shared/aws/itemBatches.ts';
import type { HostsOptions } from '#shared/hosts/dynamo/transaction.ts';
import type { SlotsReader } from '#shared/hosts/ports.ts';

type Held = Readonly<Record<string, { readonly until: number }>>;

export const createSlotsReader = (options: HostsOptions): SlotsReader => ({
  used: async (hosts, now) => {
    const keys = hosts.map((id) => ({ pk: `H#${id}`, sk: 'SLOTS' }));
    const items = await readAll(options, keys, { stale: true });
    return new Map(
      items.map(({ pk, held = {} }) => [
        String(pk).slice(2),
        Object.values(held as Held).filter(({ until }) => until > now).length,
      ]),
    );
  },
});
