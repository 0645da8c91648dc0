/** The dispatcher of a worker, with all that it takes to find hosts and to call them. */
import type { StoreOptions } from '#shared/jobs/dynamo/store.ts';
import { freshSecrets } from '#shared/jobs/freshSecrets.ts';
import type { HttpClient } from '#shared/jobs/ports.ts';
import { openSecrets } from '#shared/jobs/secretsManager/open.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import {
  type Logger,
  systemClock,
  systemIds,
  systemRandom,
  systemSleep,
} from '#shared/kernel/ports.ts';
import { marginOf } from '#shared/ledger/margin.ts';
import { sqsClient } from '#shared/runtime/clients.ts';
import { createDispatcher } from './dispatch.ts';
import type { Dispatcher } from './dispatchPorts.ts';
import { createSlots } from './dynamo/slots.ts';
import { createHostCall } from './http/call.ts';
import { createProbeQueue } from './sqs/probes.ts';
import { openHosts } from './system.ts';

export interface DispatcherOptions {
  /** The Hosts table. */
  readonly table: string;
  readonly probesUrl: string;
  /** Of what calls to hosts are signed with. */
  readonly secretId: string;
  readonly jobs: StoreOptions;
  readonly http: HttpClient;
  readonly logger: Logger;
}

export const openDispatcher = (options: DispatcherOptions): Dispatcher => {
  const { table, probesUrl, secretId, jobs, http, logger } = options;
  const clock = systemClock;
  const hosts = { client: jobs.client, table };
  const { store: registry, states } = openHosts(hosts);
  const { callback: current } = freshSecrets({
    open: () => Promise.resolve(openSecrets(secretId)),
    ...{ clock, logger, freshMs: LIMITS.secretFreshMs },
  });
  return createDispatcher({
    ...{ registry, states, slots: createSlots({ ...hosts, clock }) },
    call: createHostCall({ http, secrets: { current }, clock }),
    probes: createProbeQueue(sqsClient(), probesUrl),
    margin: marginOf,
    ...{ clock, ids: systemIds, random: systemRandom, logger },
    wait: systemSleep,
  });
};
