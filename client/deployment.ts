/** Opens a whole deployment: its stores, queues and services, ready for use. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { OPTIONAL_FUNCTIONS, type OptionalFunction } from '#shared/contracts/functions.ts';
import type { KindInfo } from '#shared/contracts/kindsFile.ts';
import { OUTPUTS, TABLE_OUTPUTS, URL_OUTPUTS } from '#shared/contracts/outputs.ts';
import { TABLES } from '#shared/contracts/schemas.ts';
import { createControlStore } from '#shared/control/dynamo/controlStore.ts';
import type { ControlStore } from '#shared/control/ports.ts';
import { createDeliveryLog } from '#shared/jobs/dynamo/deliveryLog.ts';
import { createFaultLog } from '#shared/jobs/dynamo/faultLog.ts';
import { createFlowStore } from '#shared/jobs/dynamo/flowStore.ts';
import { createJobPages, type JobPages } from '#shared/jobs/dynamo/jobPages.ts';
import { createDueReader, createJobReader, type JobReader } from '#shared/jobs/dynamo/jobReader.ts';
import { createPastSteps } from '#shared/jobs/dynamo/pastSteps.ts';
import { createSourceUse, type SourceUseReader } from '#shared/jobs/dynamo/sourceUse.ts';
import { createStepStore } from '#shared/jobs/dynamo/stepStore.ts';
import type { DeliveryLog, DueReader, FlowStore, Secrets } from '#shared/jobs/ports/jobs.ts';
import type { PastSteps } from '#shared/jobs/ports/past.ts';
import type { FaultLog } from '#shared/jobs/record/undecided.ts';
import type { StepStore } from '#shared/jobs/steps/kept.ts';
import type { Schedules } from '#shared/schedules/ports.ts';
import { createSchemaStore } from '#shared/schema/dynamo/schemaStore.ts';
import type { DeployedSchemas } from '#shared/schema/finishUpgrade.ts';
import { type HostSystem, openHosts } from '#shared/wiring/openHosts.ts';
import { type LedgerSystem, openLedger } from '#shared/wiring/openLedger.ts';
import type { Access } from './access.ts';
import { type DeploymentCore, openCore, outputOf } from './core.ts';
import type { LogEvents } from './logEvents.ts';
import type { Machinery } from './machinery.ts';
import { QUIET } from './quiet.ts';
import { openLogs, openMachine, openSchedules, openWatch, secretsOnDemand } from './rarely.ts';
import type { EmbeddedState } from './state.ts';
import { embedded, findTarget, type Target, type TargetOptions } from './target.ts';
import { deployedSchemas } from './version.ts';
import type { Watching } from './watching.ts';

export interface Deployment extends DeploymentCore {
  /** Names of the kinds that the deployment has in addition to the built-in kinds. */
  readonly ownKinds: readonly string[];
  /** Names of own kinds that have sensitive fields, as the outputs tell: for who cannot read the list. */
  readonly sensitiveKinds: readonly string[];
  /** Functions with URLs that the deployment has. */
  readonly byUrl: readonly OptionalFunction[];
  /** The kinds and what they take; undefined when the deployment has no list, or keeps it to itself. */
  readonly kindInfos: () => Promise<readonly KindInfo[] | undefined>;
  readonly resultsUrl: string;
  /** Names of the tables whose streams wake functions. */
  readonly tables: readonly string[];
  /** undefined for the embedded cloud, which runs the template itself. */
  readonly machinery: Machinery | undefined;
  /** As `machinery`: an embedded cloud measures by itself. */
  readonly watching: Watching | undefined;
  /** As `machinery`: an embedded cloud keeps its lines by itself. */
  readonly logEvents: LogEvents | undefined;
  readonly flows: FlowStore;
  readonly stepStore: StepStore;
  readonly control: ControlStore;
  readonly deliveries: DeliveryLog;
  readonly faults: FaultLog;
  /** What the original system decided about jobs. */
  readonly past: PastSteps;
  /** Secrets that sign callbacks. */
  readonly secrets: Secrets;
  /** Secrets that sign calls to hosts. */
  readonly hostSecrets: Secrets;
  readonly schedules: Schedules;
  readonly ledger: LedgerSystem;
  /** What each table says of its schema, and up to which schema the deployed functions read it. */
  readonly schemas: DeployedSchemas;
  /** Opens the hosts on the first call: most commands do not use hosts. */
  readonly hosts: () => HostSystem;
  readonly reader: JobReader;
  /** Jobs that wait in the table for a time. */
  readonly due: DueReader;
  /** How far the limits of sources are used. */
  readonly sourceUse: SourceUseReader;
  /** Lists of jobs that go on from a cursor. */
  readonly pages: JobPages;
}

const kindInfosOf =
  (place: string | undefined, access: Access): Deployment['kindInfos'] =>
  async () => {
    if (place === undefined) return undefined;
    const { readKindsFile } = await import('./kindsFile.ts');
    return readKindsFile(place, access);
  };

const namesIn = (text = ''): readonly string[] => text.split(',').filter(Boolean);

const tableSchemas = (dynamo: DynamoDBClient, target: Target): DeployedSchemas => {
  const deployed = deployedSchemas(target);
  const all = TABLES.map((name) => {
    const store = createSchemaStore(dynamo, outputOf(target, TABLE_OUTPUTS[name]));
    return [name, { ...store, deployed: deployed[name] }] as const;
  });
  return Object.fromEntries(all) as DeployedSchemas;
};

const open = (target: Target): Deployment => {
  const { core, jobs, at, keep } = openCore(target);
  const dynamo = keep(new DynamoDBClient(at(target.endpoints.dynamodb)));
  const secretsOf = (output: string): Secrets =>
    secretsOnDemand(at(target.endpoints.secrets), outputOf(target, output), keep);
  return {
    ...core,
    ownKinds: namesIn(target.outputs[OUTPUTS.ownKinds]),
    sensitiveKinds: namesIn(target.outputs[OUTPUTS.sensitiveKinds]),
    byUrl: OPTIONAL_FUNCTIONS.filter((name) => target.outputs[URL_OUTPUTS[name]]),
    kindInfos: kindInfosOf(target.outputs[OUTPUTS.kindsFile], at(target.endpoints.s3)),
    resultsUrl: outputOf(target, OUTPUTS.resultsUrl),
    tables: TABLES.map((name) => outputOf(target, TABLE_OUTPUTS[name])),
    machinery:
      target.machine && openMachine(at(target.machine.endpoint), target.machine.rules, keep),
    logEvents: target.machine && openLogs(at(target.machine.endpoint), keep),
    watching: target.machine && openWatch(at(target.machine.endpoint), keep),
    stepStore: createStepStore(jobs),
    flows: createFlowStore(jobs),
    control: createControlStore(jobs),
    deliveries: createDeliveryLog(jobs),
    faults: createFaultLog(jobs),
    past: createPastSteps(jobs),
    secrets: secretsOf(OUTPUTS.callbackSecret),
    hostSecrets: secretsOf(OUTPUTS.hostSecret),
    schemas: tableSchemas(dynamo, target),
    ledger: openLedger({
      client: dynamo,
      table: outputOf(target, OUTPUTS.ledgerTable),
      lanes: Number(outputOf(target, OUTPUTS.ledgerLanes)),
      logger: QUIET,
    }),
    hosts: () => openHosts({ client: jobs.client, table: outputOf(target, OUTPUTS.hostsTable) }),
    schedules: openSchedules(
      at(target.endpoints.scheduler),
      {
        group: outputOf(target, OUTPUTS.scheduleGroup),
        roleArn: outputOf(target, OUTPUTS.scheduleRole),
        deadLetterArn: outputOf(target, OUTPUTS.scheduleDeadLetters),
      },
      keep,
    ),
    reader: createJobReader(jobs),
    due: createDueReader(jobs),
    sourceUse: createSourceUse(jobs),
    pages: createJobPages(jobs),
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
