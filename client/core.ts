/** Opens the part of a deployment that senders and readers of jobs need. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { type ByPriority, type Pools, pools as poolsIn } from '#shared/contracts/pools.ts';
import { PRIORITIES } from '#shared/contracts/queues.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import type { Blobs, JobStore, Outgoing, Visibility } from '#shared/jobs/ports/jobs.ts';
import type { SignalStore } from '#shared/jobs/ports/signals.ts';
import type { Workspaces } from '#shared/jobs/ports/workspaces.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import { type Access, type Keep, waitingFor } from './access.ts';
import { MeshError } from './errors.ts';
import { bucketOnDemand } from './rarely.ts';
import { findTarget, type Target, type TargetOptions } from './target.ts';
import { checkVersions } from './version.ts';

/** What senders and readers of jobs need. */
export interface DeploymentCore {
  /** Names the deployment for people. */
  readonly label: string;
  /** The queues of the mesh; those of the pools follow from their names. */
  readonly queueUrls: ByPriority<string>;
  readonly pools: Pools;
  readonly sqs: SQSClient;
  readonly store: JobStore;
  readonly signals: SignalStore;
  readonly visibility: Visibility;
  readonly outgoing: Outgoing;
  readonly blobs: Blobs;
  readonly workspaces: Workspaces;
  close(): void;
}

/** An opened core, with what opens further parts of the same deployment. */
export interface OpenedCore {
  readonly core: DeploymentCore;
  /** The Jobs table. */
  readonly jobs: { readonly client: DynamoDBDocumentClient; readonly table: string };
  /** Region, credentials and endpoint for a client of the SDK. */
  at(endpoint: string | undefined): Access;
  /** Remembers a client, so that `close` closes it. */
  readonly keep: Keep;
}

/**
 * The value of one of the deployment's outputs.
 *
 * @throws MeshError WRONG_VERSION when the deployment has no such output
 */
export const outputOf = (target: Target, name: string): string => {
  const value = target.outputs[name];
  if (value) return value;
  throw new MeshError(
    'WRONG_VERSION',
    `${target.label} has no output "${name}"; it is not a Sheratan of this version.`,
  );
};

/** A stack without pools has no such output. */
const poolsOf = (target: Target): Pools => {
  const found = poolsIn(target.outputs[OUTPUTS.pools]);
  if (!('fault' in found)) return found;
  throw new MeshError(
    'WRONG_VERSION',
    `${target.label}, output "${OUTPUTS.pools}": ${found.fault}`,
  );
};

/**
 * Opens the core of a deployment.
 *
 * @param answerMs the longest wait for an answer of a service, and for its next bytes
 * @throws MeshError WRONG_VERSION when its stack is not one of this version, MESH_TOO_OLD,
 *   MESH_TOO_NEW, MESH_VERSION_INVALID
 */
export const openCore = (target: Target, answerMs?: number): OpenedCore => {
  checkVersions(target);
  const common = {
    ...(target.region && { region: target.region }),
    ...(target.credentials && { credentials: target.credentials }),
    requestHandler: waitingFor(answerMs),
  };
  const at = (endpoint: string | undefined): Access => ({
    ...common,
    ...(endpoint && { endpoint }),
  });
  const made: { destroy(): void }[] = [];
  const keep: Keep = (client) => {
    made.push(client);
    return client;
  };
  const sqs = keep(new SQSClient(at(target.endpoints.sqs)));
  const dynamo = keep(new DynamoDBClient(at(target.endpoints.dynamodb)));
  const client = DynamoDBDocumentClient.from(dynamo, {
    marshallOptions: { removeUndefinedValues: true },
  });
  const jobs = { client, table: outputOf(target, OUTPUTS.jobsTable) };
  const queueUrls = Object.fromEntries(
    PRIORITIES.map((priority) => [priority, outputOf(target, QUEUE_OUTPUTS[priority])]),
  ) as ByPriority<string>;
  const pools = poolsOf(target);
  const store = createJobStore(jobs);
  const core: DeploymentCore = {
    label: target.label,
    queueUrls,
    pools,
    sqs,
    store,
    signals: createSignalStore(jobs, store),
    visibility: createVisibility(sqs),
    outgoing: createOutgoing({ sqs, queueUrls, pools }),
    ...bucketOnDemand(at(target.endpoints.s3), outputOf(target, OUTPUTS.dataBucket), keep),
    close: () => {
      for (const each of made) each.destroy();
    },
  };
  return { core, jobs, at, keep };
};

/**
 * Finds the deployment that the options mean, and opens its core.
 *
 * @throws MeshError NO_DEPLOYMENT when there is none, WRONG_VERSION when its stack is not one of
 *   this version
 */
export const findCore = async (options: TargetOptions): Promise<DeploymentCore> =>
  openCore(await findTarget(options)).core;
