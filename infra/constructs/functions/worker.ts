/**
 * The worker: one function, one event source mapping per priority, and only the rights that it
 * needs.
 */
import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { OBJECT_PREFIXES, WORKSPACE_PREFIX } from '#shared/contracts/bucket.ts';
import { HOSTS_ENV } from '#shared/contracts/functions.ts';
import { NO_POOL } from '#shared/contracts/pools.ts';
import { BATCH_SIZE, PRIORITIES } from '#shared/contracts/queues.ts';
import {
  WORKER_ENV,
  WORKER_MARGIN_SECONDS,
  WORKER_TIMEOUT_SECONDS,
} from '#shared/contracts/worker.ts';
import { concurrencyOf } from '../../concurrency.ts';
import { type Config, ConfigError, outboundOf } from '../../config.ts';
import { grantItems, grantObjects } from '../stores/grants.ts';
import type { JobQueues } from '../stores/jobQueues.ts';
import type { LedgerTable } from '../stores/ledgerTable.ts';
import type { SigningSecret } from '../stores/signingSecret.ts';
import { Rollout } from './rollout.ts';
import { ServiceFunction } from './serviceFunction.ts';
import type { Signals } from './signals.ts';

/** What a project's own kinds need from the worker. */
export interface WorkerNeeds {
  /**
   * Environment variables that the kinds read. The names of the mesh's own variables are refused.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** Layers of the function, at most five. */
  readonly layers?: readonly lambda.ILayerVersion[];
  /** Rights in addition to those of the mesh. */
  readonly initialPolicy?: readonly iam.PolicyStatement[];
}

export interface WorkerProps {
  readonly config: Config;
  readonly assetDir: string;
  readonly table: dynamodb.TableV2;
  readonly bucket: s3.Bucket;
  readonly queues: JobQueues;
  readonly ledger: LedgerTable;
  /** The registry of hosts; `probes` gets the hosts that the worker suspects. */
  readonly hosts: dynamodb.TableV2;
  readonly probes: sqs.Queue;
  readonly signing: SigningSecret;
  /** Where signal URLs lead. Default: there are none. */
  readonly signals?: Signals | undefined;
  readonly own?: WorkerNeeds | undefined;
  /** The pool whose jobs it runs. Default: the jobs of no pool. */
  readonly pool?: string;
}

/** What a pool sets by itself goes before what is set for the worker of the mesh. */
const sizeOf = (pool: string, config: Config) => {
  const { memoryMb, timeoutSeconds, maxConcurrency } = config.pools[pool] ?? {};
  return {
    name: `sheratan-${config.stage}-worker${pool === NO_POOL ? '' : `-${pool}`}`,
    memoryMb: memoryMb ?? config.workerMemoryMb,
    timeoutSeconds: timeoutSeconds ?? WORKER_TIMEOUT_SECONDS,
    concurrency: { ...concurrencyOf(config).jobs, ...maxConcurrency },
  };
};

const refuseTaken = (
  own: Readonly<Record<string, string>>,
  taken: Readonly<Record<string, string>>,
): void => {
  const [name] = Object.keys(own).filter((each) => each in taken);
  if (name !== undefined)
    throw new ConfigError(`worker.environment.${name}: the mesh has a variable of that name`);
};

/** The function that runs the jobs of a pool, behind an alias, with a mapping for each queue. */
export class Worker extends Construct {
  readonly fn: lambda.Function;

  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id);
    const { config, table, bucket, queues, ledger, hosts, probes, signing, own = {} } = props;
    const { pool = NO_POOL, signals } = props;
    const { name, memoryMb, timeoutSeconds, concurrency } = sizeOf(pool, config);
    const environment = {
      ...ledger.environment,
      [WORKER_ENV.jobsTable]: table.tableName,
      [WORKER_ENV.dataBucket]: bucket.bucketName,
      [WORKER_ENV.hostSecret]: signing.secretArn,
      [WORKER_ENV.leaseSeconds]: String(config.leaseSeconds),
      [WORKER_ENV.outboundAllow]: outboundOf(config).join(','),
      [WORKER_ENV.retentionSeconds]: String(config.queueRetentionDays * 86_400),
      [WORKER_ENV.graceSeconds]: String(config.unknownKindGraceSeconds),
      [WORKER_ENV.defaultLimits]: JSON.stringify(config.sourceLimits),
      [HOSTS_ENV.table]: hosts.tableName,
      [HOSTS_ENV.probesUrl]: probes.queueUrl,
      ...queues.environment,
      ...signals?.environment,
      ...(pool !== NO_POOL && { [WORKER_ENV.pool]: pool }),
      [WORKER_ENV.runSecondsMax]: String(timeoutSeconds - WORKER_MARGIN_SECONDS),
    };
    refuseTaken(own.environment ?? {}, environment);
    const { fn } = new ServiceFunction(this, 'Worker', {
      config,
      name,
      assetDir: props.assetDir,
      description: 'Runs the jobs of the FIFO queues, each effectively once',
      timeout: Duration.seconds(timeoutSeconds),
      memoryMb,
      // A kind may send jobs. Lambda would drop the 16th of a chain, and its group would stop.
      recursiveLoop: lambda.RecursiveLoop.ALLOW,
      vpc: config.vpc,
      environment: { ...own.environment, ...environment },
      layers: own.layers,
    });
    this.fn = fn;
    for (const statement of own.initialPolicy ?? []) fn.addToRolePolicy(statement);
    const { alias } = new Rollout(this, 'Rollout', { fn, name, how: config.workerDeployment });
    const source = queues.ofPool[pool] ?? queues.main;
    for (const priority of PRIORITIES)
      alias.addEventSource(
        new SqsEventSource(source[priority], {
          batchSize: BATCH_SIZE,
          reportBatchItemFailures: true,
          maxConcurrency: concurrency[priority],
        }),
      );
    // A job may come to the queue of another pool: its kind has moved, or its sender knew no pools.
    if (Object.keys(queues.ofPool).length > 0)
      for (const queue of queues.all) queue.grantSendMessages(fn);
    grantItems(
      fn,
      table,
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    );
    ledger.grantOperations(fn);
    grantItems(fn, hosts, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
    probes.grantSendMessages(fn);
    for (const secret of [signing, signals?.signing]) secret?.grantValue(fn);
    grantObjects(fn, bucket, ['s3:GetObject', 's3:PutObject'], OBJECT_PREFIXES);
    fn.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': `${WORKSPACE_PREFIX}*` } },
      }),
    );
  }
}
