/** All that is known of the hosts of a deployment, for whoever shows it. */
import { createHostStore } from './dynamo/registry.ts';
import { createSlotsReader } from './dynamo/slotsReader.ts';
import type { HostsOptions } from './dynamo/transaction.ts';
import type { HostHistory, HostStore, ShardStore, SlotsReader } from './ports.ts';
import type { Rollups } from './rollups.ts';

export interface HostSystem {
  readonly store: HostStore;
  readonly slots: SlotsReader;
  readonly states: Pick<ShardStore, 'read'>;
  readonly rollups: Rollups;
  readonly history: HostHistory;
}

/** Of hosts that nobody probes. */
const UNMEASURED: Pick<HostSystem, 'states' | 'rollups' | 'history'> = {
  states: { read: () => Promise.resolve({ version: 0, tick: 0, at: 0, live: new Map() }) },
  rollups: { hours: () => Promise.resolve([]), days: () => Promise.resolve([]) },
  history: { changes: () => Promise.resolve([]) },
};

export const openHosts = (options: HostsOptions): HostSystem => ({
  store: createHostStore(options),
  slots: createSlotsReader(options),
  ...UNMEASURED,
});
