/** The stores of a deployment's hosts, for commands and the dispatcher. */

import { createSlotsReader } from '#shared/dispatch/dynamo/hostSlotsReader.ts';
import { createHostProjection } from '#shared/hosts/dynamo/hostProjection.ts';
import { createHostRows } from '#shared/hosts/dynamo/hostRows.ts';
import { createHostStore } from '#shared/hosts/dynamo/hostStore.ts';
import { createRollupStore } from '#shared/hosts/dynamo/rollupStore.ts';
import { createShardStore } from '#shared/hosts/dynamo/shardStore.ts';
import type { HostsOptions } from '#shared/hosts/dynamo/transaction.ts';
import type {
  HostHistory,
  HostRows,
  HostStore,
  ShardStore,
  SlotsReader,
} from '#shared/hosts/ports.ts';
import type { Rollups } from '#shared/hosts/rollups.ts';
import { systemIds } from '#shared/kernel/ports.ts';

export interface HostSystem {
  readonly store: HostStore;
  readonly slots: SlotsReader;
  readonly states: Pick<ShardStore, 'read'>;
  readonly rollups: Rollups;
  readonly history: HostHistory;
  readonly rows: HostRows;
}

/** Stores on the Hosts table. */
export const openHosts = (options: HostsOptions): HostSystem => ({
  store: createHostStore(options),
  slots: createSlotsReader(options),
  states: createShardStore({ ...options, ids: systemIds }),
  rollups: createRollupStore(options),
  history: createHostProjection(options),
  rows: createHostRows(options),
});
