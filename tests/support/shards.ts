/** Shards of hosts on a real table, with probes that find what the test says. */
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { projectionKey } from '#shared/hosts/dynamo/hostItems.ts';
import { createHostProjection } from '#shared/hosts/dynamo/hostProjection.ts';
import { createHostRows } from '#shared/hosts/dynamo/hostRows.ts';
import { createHostStore } from '#shared/hosts/dynamo/hostStore.ts';
import { createRollupStore } from '#shared/hosts/dynamo/rollupStore.ts';
import { createShardStore } from '#shared/hosts/dynamo/shardStore.ts';
import type { HostsOptions } from '#shared/hosts/dynamo/transaction.ts';
import type { HostRows, ProbeMessage, RollupStore, ShardStore } from '#shared/hosts/ports.ts';
import type { ProberDeps } from '#shared/hosts/probing/handleMessage.ts';
import type { HostToProbe, ProbeRun } from '#shared/hosts/probing/probeAll.ts';
import type { ProbeOutcome } from '#shared/hosts/probing/probeOutcome.ts';
import { addHosts } from '#shared/hosts/registry/manageHosts.ts';
import type { Ids } from '#shared/kernel/ports.ts';
import { definitions, startRegistry } from './hosts.ts';
import { OK } from './probes.ts';

export interface Shards {
  readonly client: HostsOptions['client'];
  readonly deps: ProberDeps & { readonly rollups: RollupStore };
  readonly projection: ReturnType<typeof createHostProjection> & HostRows;
  readonly sent: { readonly message: ProbeMessage; readonly delaySeconds: number }[];
  /** What probes find from now on, by host id; what is not said is well. */
  find(outcomes: Readonly<Record<string, ProbeOutcome>>): void;
  /** The same shards, with commits marked by these ids. */
  storeWith(ids: Ids): ShardStore;
  /** Drops the rows that are projected of the shard. */
  forgetRows(shard: string): Promise<void>;
  /** Runs before each run's probes. */
  onProbe(hook: () => Promise<unknown>): void;
}

export const startShards = async (
  endpoint: string,
  count: number,
  more: object = {},
  schema = 1,
): Promise<Shards> => {
  const registry = await startRegistry(endpoint);
  await addHosts(definitions('h', count, more), {}, registry.another());
  const { options } = registry;
  let outcomes: Readonly<Record<string, ProbeOutcome>> = {};
  let hook = (): Promise<unknown> => Promise.resolve();
  const sent: Shards['sent'] = [];
  let ids = 0;
  const probeAll = async (hosts: readonly HostToProbe[]): Promise<ProbeRun> => {
    await hook();
    const results = hosts.map(
      ({ host }) => [host.id, { outcome: outcomes[host.id] ?? OK, reprobed: false }] as const,
    );
    return { results: new Map(results), skipped: 0, startedAt: Date.now(), endedAt: Date.now() };
  };
  const nothing = (): void => undefined;
  const nextId = {
    next: () => {
      ids += 1;
      return `id-${ids}`;
    },
  };
  return {
    client: options.client,
    sent,
    projection: { ...createHostProjection(options), ...createHostRows(options) },
    find: (found) => {
      outcomes = found;
    },
    storeWith: (ids) => createShardStore({ ...options, ids }),
    forgetRows: async (shard) => {
      const { client, table } = options;
      for (const { host } of await createHostRows(options).rows(shard))
        await client.send(
          new DeleteCommand({ TableName: table, Key: projectionKey({ shard, id: host }) }),
        );
    },
    onProbe: (next) => {
      hook = next;
    },
    deps: {
      registry: createHostStore(options),
      store: createShardStore({ ...options, ids: nextId, schema: () => schema }),
      rollups: createRollupStore(options),
      queue: { send: async (messages) => void sent.push(...messages) },
      probeAll,
      sentinels: () => Promise.resolve(undefined),
      clock: { now: () => Date.now() },
      ids: nextId,
      logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    },
  };
};
