/**
 * The parts of a deployment: queues by priority, the Jobs table, the data bucket, and the
 * functions.
 */
import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { METRICS_ENV } from '#shared/contracts/metrics.ts';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { PRIORITIES } from '#shared/contracts/queues.ts';
import { VERSION_OUTPUTS } from '#shared/contracts/version.ts';
import type { Config } from './config.ts';
import { Announcer } from './constructs/functions/announcer.ts';
import { Api } from './constructs/functions/api.ts';
import { Prober } from './constructs/functions/prober.ts';
import { Relay } from './constructs/functions/relay.ts';
import { Reporter } from './constructs/functions/reporter.ts';
import { Settler } from './constructs/functions/settler.ts';
import { Signals } from './constructs/functions/signals.ts';
import { Snapshotter } from './constructs/functions/snapshotter.ts';
import { Timekeeper } from './constructs/functions/timekeeper.ts';
import { Worker, type WorkerNeeds, type WorkerProps } from './constructs/functions/worker.ts';
import { Monitoring } from './constructs/monitoring.ts';
import { Scheduling } from './constructs/scheduling.ts';
import { DataBucket } from './constructs/stores/dataBucket.ts';
import { HostsTable } from './constructs/stores/hostsTable.ts';
import { type JobQueues, jobQueues } from './constructs/stores/jobQueues.ts';
import { JobsTable } from './constructs/stores/jobsTable.ts';
import { LedgerTable } from './constructs/stores/ledgerTable.ts';
import { SigningSecret } from './constructs/stores/signingSecret.ts';
import { inventoryOf } from './monitoring/inventory.ts';
import { metricsAt } from './monitoring/level.ts';
import { poolKindsOf } from './pools.ts';

export interface MeshOptions {
  readonly config: Config;
  /** Folder of a function's bundle, with its `index.mjs`, by the function's name. */
  readonly code: (name: string) => string;
  /** What a project's own kinds need from the worker. */
  readonly own?: WorkerNeeds;
}

/** The parts of a deployment that other code needs. */
export interface MeshParts {
  readonly queues: JobQueues;
  readonly table: dynamodb.TableV2;
  readonly bucket: s3.Bucket;
  /** The functions that run the kinds: the first runs those of no pool, then one for each pool. */
  readonly workers: readonly [lambda.Function, ...lambda.Function[]];
  /** The HTTP interface; undefined without the setting `http`. */
  readonly api: Api | undefined;
  /** The values by which clients find the deployment's parts, by the names in OUTPUTS. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** The namespace of the metrics belongs to the mesh, whatever stack it is in. */
const nameMetrics = (scope: Construct, { stage, monitoring }: Config): void => {
  const inventory = inventoryOf(stage);
  const emitted = metricsAt(monitoring, inventory).join(',');
  for (const each of scope.node.findAll())
    if (each instanceof lambda.Function)
      each
        .addEnvironment(METRICS_ENV.namespace, inventory.namespace)
        .addEnvironment(METRICS_ENV.emitted, emitted);
};

const workersOf = (scope: Construct, props: WorkerProps): MeshParts['workers'] => [
  new Worker(scope, 'Work', props).fn,
  ...Object.keys(props.config.pools).map(
    (pool) => new Worker(scope, `Work-${pool}`, { ...props, pool }).fn,
  ),
];

/** Settles what jobs cost, and writes the statements. @returns the queue of what is to be settled */
const settlingOf = (scope: Construct, { config, code }: MeshOptions, ledger: LedgerTable) => {
  const { postings } = new Settler(scope, 'Settle', {
    config,
    assetDir: code('settler'),
    ledger,
  });
  new Snapshotter(scope, 'Snapshot', { config, assetDir: code('snapshotter'), ledger });
  return postings;
};

/** The functions that have a URL, as far as the settings ask for them. */
const urlsOf = (
  scope: Construct,
  { config, code }: MeshOptions,
  { table, bucket, queues }: Pick<MeshParts, 'table' | 'bucket' | 'queues'>,
) => {
  const signals = config.signalUrls
    ? new Signals(scope, 'Signals', { config, assetDir: code('signals'), table })
    : undefined;
  const api = config.http
    ? new Api(scope, 'Api', { config, assetDir: code('api'), table, bucket, queues })
    : undefined;
  const urls = {
    ...(signals && { [OUTPUTS.signalUrl]: signals.url }),
    ...(api && { [OUTPUTS.apiUrl]: api.url.url }),
  };
  return { signals, api, urls };
};

/**
 * Makes all parts directly in `scope`, so that their logical ids never change. A stack that is a
 * mesh, and a construct that is a mesh, share only this.
 */
export const buildMesh = (scope: Construct, { config, code, own }: MeshOptions): MeshParts => {
  const { production } = config;
  const { table } = new JobsTable(scope, 'Jobs', {
    tableName: `sheratan-${config.stage}-jobs`,
    production,
  });
  const { bucket } = new DataBucket(scope, 'Data', {
    production,
    largeRetention: Duration.days(config.largeResultDays),
  });
  const queues = jobQueues(scope, config);
  const ledger = new LedgerTable(scope, 'Ledger', {
    tableName: `sheratan-${config.stage}-ledger`,
    lanes: config.ledgerLanes,
    production,
  });
  const shared = { config, table, bucket };
  const signing = new SigningSecret(scope, 'Signing', { signs: 'callbacks', config });
  const hostSigning = new SigningSecret(scope, 'HostSigning', { signs: 'hosts', config });
  const { results } = new Reporter(scope, 'Report', {
    ...shared,
    signing,
    assetDir: code('reporter'),
  });
  const postings = settlingOf(scope, { config, code }, ledger);
  new Relay(scope, 'Route', {
    ...shared,
    assetDir: code('relay'),
    queues,
    results,
    postings,
  });
  new Timekeeper(scope, 'Time', { ...shared, assetDir: code('timekeeper'), queues, ledger });

  const { table: hosts } = new HostsTable(scope, 'Hosts', {
    tableName: `sheratan-${config.stage}-hosts`,
    production,
  });
  const { probes } = new Prober(scope, 'Probe', {
    config,
    assetDir: code('prober'),
    table: hosts,
  });
  const { signals, api, urls } = urlsOf(scope, { config, code }, { table, bucket, queues });
  const workers = workersOf(scope, {
    ...shared,
    queues,
    ledger,
    hosts,
    probes,
    signing: hostSigning,
    signals,
    assetDir: code('worker'),
    own,
  });
  new Announcer(scope, 'Announce', { config, assetDir: code('announcer'), table: hosts });

  const { dashboardName } = new Monitoring(scope, 'Monitoring', { config });
  const { group, role, deadLetterQueue } = new Scheduling(scope, 'Schedules', { config, queues });
  nameMetrics(scope, config);
  const outputs = {
    ...VERSION_OUTPUTS,
    ...(dashboardName !== undefined && { [OUTPUTS.dashboard]: dashboardName }),
    [OUTPUTS.jobsTable]: table.tableName,
    [OUTPUTS.dataBucket]: bucket.bucketName,
    [OUTPUTS.ledgerTable]: ledger.table.tableName,
    [OUTPUTS.ledgerLanes]: String(config.ledgerLanes),
    [OUTPUTS.resultsUrl]: results.queueUrl,
    [OUTPUTS.callbackSecret]: signing.secretArn,
    [OUTPUTS.hostsTable]: hosts.tableName,
    [OUTPUTS.probesUrl]: probes.queueUrl,
    [OUTPUTS.hostSecret]: hostSigning.secretArn,
    ...urls,
    [OUTPUTS.scheduleGroup]: group.scheduleGroupName,
    [OUTPUTS.scheduleRole]: role.roleArn,
    [OUTPUTS.scheduleDeadLetters]: deadLetterQueue.queueArn,
    ...Object.fromEntries(PRIORITIES.map((p) => [QUEUE_OUTPUTS[p], queues.main[p].queueUrl])),
    ...(workers.length > 1 && { [OUTPUTS.pools]: JSON.stringify(poolKindsOf(config.pools)) }),
  };
  return { queues, table, bucket, workers, outputs, api };
};
