/** The dispatcher of a worker, with everything that finds and calls hosts. */

import { sqsClient } from '#shared/aws/clients.ts';
import { marginOf } from '#shared/billing/margin.ts';
import { createDispatcher } from '#shared/dispatch/dispatcher.ts';
import { createSlots } from '#shared/dispatch/dynamo/hostSlots.ts';
import { createHostCall } from '#shared/dispatch/http/hostCall.ts';
import type { Dispatcher } from '#shared/dispatch/ports.ts';
import { createProbeQueue } from '#shared/hosts/sqs/probeQueue.ts';
import { freshSecrets } from '#shared/jobs/callbacks/cachedSecrets.ts';
import type { StoreOptions } from '#shared/jobs/dynamo/jobStore.ts';
import type { HttpClient } from '#shared/jobs/ports/jobs.ts';
import { openSecrets } from '#shared/jobs/secretsManager/openSecrets.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import {
  type Logger,
  systemClock,
  systemIds,
  systemRandom,
  systemSleep,
} from '#shared/kernel/ports.ts';
import { openHosts } from './openHosts.ts';

export interface DispatcherOptions {
  /** The Hosts table. */
  readonly table: string;
  readonly probesUrl: string;
  /** The id of the secret that signs calls to hosts. */
  readonly secretId: string;
  readonly jobs: StoreOptions;
  readonly http: HttpClient;
  readonly logger: Logger;
}

/** A dispatcher on the deployment's tables and queues, with the system's clock. */
export const openDispatcher = (options: DispatcherOptions): Dispatcher => {
  const { table, probesUrl, secretId, jobs, http, logger } = options;
  const clock = systemClock;
  const hosts = { client: jobs.client, table };
  const { store: registry, states } = openHosts(hosts);
  const { callback: current } = freshSecrets({
    open: () => Promise.resolve(openSecrets(secretId)),
    clock,
    logger,
    freshMs: LIMITS.secretFreshMs,
  });
  return createDispatcher({
    registry,
    states,
    slots: createSlots({ ...hosts, clock, random: systemRandom }),
    call: createHostCall({ http, secrets: { current }, clock }),
    probes: createProbeQueue(sqsClient(), probesUrl),
    margin: marginOf,
    clock,
    ids: systemIds,
    random: systemRandom,
    logger,
    wait: systemSleep,
  });
};
