/** All that is known of the hosts of a deployment, for whoever shows it. */
import { systemIds } from '#shared/kernel/ports.ts';
import { createHostProjection } from './dynamo/projection.ts';
import { createHostStore } from './dynamo/registry.ts';
import { createRollupStore } from './dynamo/rollupStore.ts';
import { createHostRows } from './dynamo/rows.ts';
import { createShardStore } from './dynamo/shardStore.ts';
import { createSlotsReader } from './dynamo/slotsReader.ts';
import type { HostsOptions } from './dynamo/transaction.ts';
import type { HostHistory, HostRows, HostStore, ShardStore, SlotsReader } from './ports.ts';
import type { Rollups } from './rollups.ts';

export interface HostSystem {
  readonly store: HostStore;
  readonly slots: SlotsReader;
  readonly states: Pick<ShardStore, 'read'>;
  readonly rollups: Rollups;
  readonly history: HostHistory;
  readonly rows: HostRows;
}

export const openHosts = (options: HostsOptions): HostSystem => ({
  store: createHostStore(options),
  slots: createSlotsReader(options),
  states: createShardStore({ ...options, ids: systemIds }),
  rollups: createRollupStore(options),
  history: createHostProjection(options),
  rows: createHostRows(options),
});
