/** Hosts that a worker may use: registered and with a state, as registry and prober would have them. */
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { marginOf } from '#shared/billing/margin.ts';
import { createDispatcher, type DispatchDeps } from '#shared/dispatch/dispatcher.ts';
import { createSlots } from '#shared/dispatch/dynamo/hostSlots.ts';
import { createHostCall } from '#shared/dispatch/http/hostCall.ts';
import type { Dispatcher } from '#shared/dispatch/ports.ts';
import { createHostStore } from '#shared/hosts/dynamo/hostStore.ts';
import { createShardStore } from '#shared/hosts/dynamo/shardStore.ts';
import type { ProbeMessage } from '#shared/hosts/ports.ts';
import type { HostState, Live } from '#shared/hosts/probing/hostState.ts';
import { addHosts } from '#shared/hosts/registry/manageHosts.ts';
import { createHttpClient } from '#shared/jobs/http/httpClient.ts';
import { type Clock, systemIds } from '#shared/kernel/ports.ts';
import { definitionOf, startRegistry, type TestRegistry } from './hosts.ts';

export const SECRET = 'whsec_dGVzdCB0ZXN0IHRlc3QgdGVzdCB0ZXN0';

export interface TestMesh {
  readonly hosts: Dispatcher;
  readonly suspects: readonly ProbeMessage[];
  readonly options: TestRegistry['options'];
  /** A worker's process of its own. */
  another(over?: Partial<DispatchDeps>): Dispatcher;
  /** Its parts that work on another client. */
  partsOn(
    client: TestRegistry['options']['client'],
    time: Clock,
  ): Pick<DispatchDeps, 'slots' | 'states' | 'clock'>;
  /** Registers a host that is online. */
  add(id: string, endpoint: string, definition?: object): Promise<void>;
  /** What the prober would find. */
  set(id: string, state: HostState, over?: Partial<Live>): Promise<void>;
  /** Jobs that have a slot of the host. */
  held(id: string): Promise<readonly string[]>;
  /** End of a job's slot, ms since the epoch. */
  until(id: string, jobId: string): Promise<number | undefined>;
}

export const ONLINE: Live = {
  number: 0,
  state: 'online',
  fails: 0,
  passes: 100,
  slow: 0,
  changes: 0,
  inconclusive: 0,
  srttMs: 5,
  rttvarMs: 1,
  since: 1,
  failedSince: 0,
  seq: 1,
  reason: 'none',
  certDays: -32_768,
  flapping: false,
  hourProbes: 100,
  hourPasses: 100,
};

export const startMesh = async (endpoint: string, clock: Clock): Promise<TestMesh> => {
  const registry = await startRegistry(endpoint);
  const { options } = registry;
  const manage = registry.another();
  const statesOn = (client: typeof options.client) =>
    createShardStore({ ...options, client, ids: systemIds });
  const states = statesOn(options.client);
  const suspects: ProbeMessage[] = [];
  const quiet = (): void => undefined;
  const another: TestMesh['another'] = (over) =>
    createDispatcher({
      registry: createHostStore(options),
      states,
      slots: createSlots({ ...options, clock, random: { next: () => 0 } }),
      call: createHostCall({
        http: createHttpClient({ allow: ['127.0.0.0/8'] }),
        secrets: { current: () => Promise.resolve([SECRET]) },
        clock,
      }),
      probes: { send: async (of) => void suspects.push(...of.map(({ message }) => message)) },
      margin: marginOf,
      clock,
      ids: systemIds,
      random: { next: () => 0 },
      logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      wait: () => Promise.resolve(),
      ...over,
    });
  const set: TestMesh['set'] = async (id, state, over) => {
    const host = await manage.store.get(id);
    if (!host) throw new Error(`no host ${id}`);
    const live = { ...ONLINE, number: host.number, state, ...over };
    const seen = await states.read(host.shard);
    const next = new Map([...seen.live, [host.number, live]]);
    await states.commit(host.shard, seen, { tick: 1, at: clock.now(), live: next }, []);
  };
  const slotsOf = async (id: string): Promise<Record<string, { readonly until: number }>> => {
    const key = { pk: `H#${id}`, sk: 'SLOTS' };
    const { Item } = await options.client.send(
      new GetCommand({ TableName: options.table, Key: key, ConsistentRead: true }),
    );
    return Item?.['held'] ?? {};
  };
  return {
    hosts: another(),
    suspects,
    options,
    another,
    partsOn: (client, time) => ({
      states: statesOn(client),
      slots: createSlots({ ...options, client, clock: time, random: { next: () => 0 } }),
      clock: time,
    }),
    add: async (id, url, definition) => {
      await addHosts(
        [definitionOf(id, { endpoint: url, ...definition })],
        { replace: false },
        manage,
      );
      await set(id, 'online');
    },
    set,
    held: async (id) => Object.keys(await slotsOf(id)),
    until: async (id, jobId) => (await slotsOf(id))[jobId]?.until,
  };
};
