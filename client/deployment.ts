/** Opens a deployment: its stores, queues and services, ready for use. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { type ByPriority, type Pools, pools as poolsIn } from '#shared/contracts/pools.ts';
import { PRIORITIES } from '#shared/contracts/queues.ts';
import { createControlStore } from '#shared/control/dynamo/controlStore.ts';
import type { ControlStore } from '#shared/control/ports.ts';
import { createDeliveryLog } from '#shared/jobs/dynamo/deliveryLog.ts';
import { createFaultLog } from '#shared/jobs/dynamo/faultLog.ts';
import { createFlowStore } from '#shared/jobs/dynamo/flowStore.ts';
import { createJobReader, type JobReader } from '#shared/jobs/dynamo/jobReader.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import { createSignalStore } from '#shared/jobs/dynamo/signalStore.ts';
import { createStepStore } from '#shared/jobs/dynamo/stepStore.ts';
import type {
  Blobs,
  DeliveryLog,
  FlowStore,
  JobStore,
  Outgoing,
  Secrets,
  Visibility,
} from '#shared/jobs/ports/jobs.ts';
import type { Workspaces } from '#shared/jobs/ports/workspaces.ts';
import type { FaultLog } from '#shared/jobs/record/undecided.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import type { SignalStore, StepStore } from '#shared/jobs/steps/kept.ts';
import type { Schedules } from '#shared/schedules/ports.ts';
import { type HostSystem, openHosts } from '#shared/wiring/openHosts.ts';
import { type LedgerSystem, openLedger } from '#shared/wiring/openLedger.ts';
import type { Keep } from './access.ts';
import { MeshError } from './errors.ts';
import type { Machinery } from './machinery.ts';
import { QUIET } from './quiet.ts';
import { openBucket, openMachine, openSchedules, openSecrets } from './rarely.ts';
import type { EmbeddedState } from './state.ts';
import { embedded, findTarget, type Target, type TargetOptions } from './target.ts';

export interface Deployment {
  /** Names the deployment for people. */
  readonly label: string;
  /** The queues of the mesh; those of the pools follow from their names. */
  readonly queueUrls: ByPriority<string>;
  readonly pools: Pools;
  /** Names of the kinds that the deployment has in addition to the built-in kinds. */
  readonly ownKinds: readonly string[];
  readonly sqs: SQSClient;
  readonly resultsUrl: string;
  /** Names of the tables whose streams wake functions. */
  readonly tables: readonly string[];
  /** undefined for the embedded cloud, which runs the template itself. */
  readonly machinery: Machinery | undefined;
  readonly store: JobStore;
  readonly flows: FlowStore;
  readonly stepStore: StepStore;
  readonly signals: SignalStore;
  readonly visibility: Visibility;
  readonly control: ControlStore;
  readonly deliveries: DeliveryLog;
  readonly faults: FaultLog;
  /** Secrets that sign callbacks. */
  readonly secrets: Secrets;
  /** Secrets that sign calls to hosts. */
  readonly hostSecrets: Secrets;
  readonly schedules: Schedules;
  readonly ledger: LedgerSystem;
  /** Opens the hosts on the first call: most commands do not use hosts. */
  readonly hosts: () => HostSystem;
  readonly outgoing: Outgoing;
  readonly reader: JobReader;
  readonly blobs: Blobs;
  readonly workspaces: Workspaces;
  close(): void;
}

const outputOf = (target: Target, name: string): string => {
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

const open = (target: Target): Deployment => {
  const common = {
    ...(target.region && { region: target.region }),
    ...(target.credentials && { credentials: target.credentials }),
  };
  const at = (endpoint: string | undefined) => ({ ...common, ...(endpoint && { endpoint }) });
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
  const ledgerDb = keep(new DynamoDBClient(at(target.endpoints.dynamodb)));
  const jobs = { client, table: outputOf(target, OUTPUTS.jobsTable) };
  const queueUrls = Object.fromEntries(
    PRIORITIES.map((priority) => [priority, outputOf(target, QUEUE_OUTPUTS[priority])]),
  ) as ByPriority<string>;
  const pools = poolsOf(target);
  const secretsOf = (output: string): Secrets =>
    openSecrets(at(target.endpoints.secrets), outputOf(target, output), keep);
  return {
    label: target.label,
    queueUrls,
    pools,
    ownKinds: (target.outputs[OUTPUTS.ownKinds] ?? '').split(',').filter(Boolean),
    sqs,
    resultsUrl: outputOf(target, OUTPUTS.resultsUrl),
    tables: [OUTPUTS.jobsTable, OUTPUTS.ledgerTable, OUTPUTS.hostsTable].map((name) =>
      outputOf(target, name),
    ),
    machinery: target.stack && openMachine(at(target.stack.endpoint), target.stack.name, keep),
    store: createJobStore(jobs),
    stepStore: createStepStore(jobs),
    signals: createSignalStore(jobs, createJobStore(jobs)),
    flows: createFlowStore(jobs),
    visibility: createVisibility(sqs),
    control: createControlStore(jobs),
    deliveries: createDeliveryLog(jobs),
    faults: createFaultLog(jobs),
    secrets: secretsOf(OUTPUTS.callbackSecret),
    hostSecrets: secretsOf(OUTPUTS.hostSecret),
    ledger: openLedger({
      client: ledgerDb,
      table: outputOf(target, OUTPUTS.ledgerTable),
      lanes: Number(outputOf(target, OUTPUTS.ledgerLanes)),
      logger: QUIET,
    }),
    hosts: () => openHosts({ client, table: outputOf(target, OUTPUTS.hostsTable) }),
    schedules: openSchedules(
      at(target.endpoints.scheduler),
      {
        group: outputOf(target, OUTPUTS.scheduleGroup),
        roleArn: outputOf(target, OUTPUTS.scheduleRole),
        deadLetterArn: outputOf(target, OUTPUTS.scheduleDeadLetters),
      },
      keep,
    ),
    outgoing: createOutgoing({ sqs, queueUrls, pools }),
    reader: createJobReader(jobs),
    ...openBucket(at(target.endpoints.s3), outputOf(target, OUTPUTS.dataBucket), keep),
    close: () => {
      for (const each of made) each.destroy();
    },
  };
};

/**
 * Opens the embedded cloud that left this state.
 *
 * @throws MeshError WRONG_VERSION when it runs the stack of another version
 */
export const openEmbedded = (state: EmbeddedState): Deployment => open(embedded(state));

/**
 * Finds the deployment that the options mean, and opens it.
 *
 * @throws MeshError NO_DEPLOYMENT when there is none, WRONG_VERSION when its stack is not one of
 *   this version
 */
export const findDeployment = async (options: TargetOptions): Promise<Deployment> =>
  open(await findTarget(options));
