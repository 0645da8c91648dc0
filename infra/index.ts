/**
 * `sheratan/cdk`: a mesh as a construct, in any CDK app and any stack.
 *
 * @module sheratan/cdk
 */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stack, Stage } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { EXPIRING_PREFIXES, PAYLOAD_PREFIX } from '#shared/contracts/bucket.ts';
import type { KindInfo } from '#shared/contracts/kindsFile.ts';
import { OUTPUTS, outputsParameter } from '#shared/contracts/outputs.ts';
import { JOBS_INDEXES } from '#shared/contracts/tables.ts';
import { bundleWorkerSync, kindListing, kindsFileText, listingFault } from './bundle/bundle.ts';
import { bundleOf } from './bundle/cachedBundles.ts';
import { ConfigError, configOf, type Settings } from './config.ts';
import type { WorkerNeeds } from './constructs/functions/worker.ts';
import { grantIndexQuery, grantItems } from './constructs/stores/grants.ts';
import { buildMesh, type MeshParts } from './mesh.ts';
import { faultsOfKinds } from './pools.ts';

export { type Config, ConfigError, type Settings } from './config.ts';
export type { WorkerNeeds } from './constructs/functions/worker.ts';

/** What `new Sheratan` takes: all settings of a mesh, and the project's own kinds. */
export interface SheratanProps extends Settings {
  /**
   * Path of the module that exports the kinds, relative to the working directory, such as
   * `./jobs/index.ts`. Without a path the mesh has only the built-in kinds.
   */
  readonly kinds?: string;
  /** What the kinds need from the worker: variables, layers, rights. */
  readonly worker?: WorkerNeeds;
}

/** Bundles of the package; the repository has none. */
const PREBUILT = fileURLToPath(new URL('../assembly/bundles/', import.meta.url));

/** @throws ConfigError with what esbuild says */
const bundled = (module: string, bundles: string): string => {
  try {
    return bundleWorkerSync(module, bundles);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`kinds: the module does not build.\n${said}`, { cause: error });
  }
};

/**
 * The kinds of a bundled worker, as the listing prints them.
 *
 * @throws ConfigError with the message of the module or of `defineJob`
 */
const listed = (workerDir: string): string => {
  try {
    const { args, timeout } = kindListing(workerDir);
    return execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe', timeout });
  } catch (error) {
    const message = `kinds: the module cannot be loaded.\n${listingFault(error)}`;
    throw new ConfigError(message, { cause: error });
  }
};

/**
 * A whole mesh: queues, tables, functions, alarms. Physical names contain the stage, so an account
 * has one mesh per stage and region.
 *
 * @throws ConfigError `CONFIG_INVALID` for a bad setting, and for kinds that cannot be loaded
 */
export class Sheratan extends Construct {
  /** The function that runs the kinds of no pool: `table.grantReadData(mesh.worker)`. */
  readonly worker: lambda.Function;
  /** All functions that run kinds: the worker, then one for each pool. */
  readonly workers: readonly lambda.Function[];
  /** Name of the SSM parameter by which clients find the mesh. */
  readonly parameterName: string;
  readonly #parts: MeshParts;
  readonly #parameter: StringParameter;

  constructor(scope: Construct, id: string, { kinds, worker, ...settings }: SheratanProps = {}) {
    super(scope, id);
    const config = configOf(settings);
    const bundles = resolve(Stage.of(this)?.outdir ?? 'cdk.out', 'sheratan', config.stage);
    const own = kinds === undefined ? undefined : bundled(resolve(kinds), bundles);
    const listing = own === undefined ? undefined : listed(own);
    const infos = listing === undefined ? undefined : (JSON.parse(listing) as KindInfo[]);
    const names = infos?.map(({ kind }) => kind);
    const sensitive = infos?.flatMap((each) => (each.sensitive ? each.kind : [])) ?? [];
    const faults = names === undefined ? [] : faultsOfKinds(config.pools, names);
    if (faults.length > 0) throw new ConfigError(`Configuration: ${faults.join('; ')}`);
    const code = (name: string): string => {
      if (own !== undefined && name === 'worker') return own;
      const prebuilt = join(PREBUILT, name);
      return existsSync(prebuilt) ? prebuilt : bundleOf(name, bundles);
    };
    this.#parts = buildMesh(this, { config, code, ...(worker && { own: worker }) });
    this.workers = this.#parts.workers;
    [this.worker] = this.#parts.workers;
    const ruleNames = this.node
      .findAll()
      .flatMap((each) => (each instanceof events.Rule ? [each.ruleName] : []));
    this.parameterName = outputsParameter(config.stage);
    this.#parameter = new StringParameter(this, 'Outputs', {
      parameterName: this.parameterName,
      description: `How clients find the Sheratan mesh of stage ${config.stage}`,
      stringValue: Stack.of(this).toJsonString({
        ...this.#parts.outputs,
        [OUTPUTS.rules]: ruleNames.join(','),
        ...(names && { [OUTPUTS.ownKinds]: names.join(',') }),
        ...(sensitive.length > 0 && { [OUTPUTS.sensitiveKinds]: sensitive.join(',') }),
        ...(listing && { [OUTPUTS.kindsFile]: this.#publish(listing, bundles) }),
      }),
    });
  }

  /**
   * Lets a program send jobs: to the queues, with large payloads in the bucket, and with the
   * parameter.
   */
  grantSend(grantee: iam.IGrantable): void {
    const { queues } = this.#parts;
    for (const queue of queues.all) queue.grantSendMessages(grantee);
    this.#grantObjects(grantee, 's3:PutObject', [PAYLOAD_PREFIX]);
    this.#parameter.grantRead(grantee);
  }

  /**
   * Lets a program send signals to jobs that wait. The right is to change items of the Jobs table:
   * give it only to programs that you trust with every job.
   */
  grantSignal(grantee: iam.IGrantable): void {
    grantItems(grantee, this.#parts.table, 'dynamodb:UpdateItem', 'dynamodb:GetItem');
    this.#parameter.grantRead(grantee);
  }

  /**
   * Lets a program use the HTTP interface: send, read and cancel every job.
   *
   * @throws ConfigError without the setting `http`
   */
  grantHttp(grantee: iam.IGrantable): void {
    const { api } = this.#parts;
    if (!api) throw new ConfigError('grantHttp: the mesh has no HTTP interface: set http to true');
    api.url.grantInvokeUrl(grantee);
    this.#parameter.grantRead(grantee);
  }

  /** Lets a program wait for jobs and read their results. */
  grantRead(grantee: iam.IGrantable): void {
    const { table } = this.#parts;
    grantItems(grantee, table, 'dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query');
    grantIndexQuery(grantee, table, ...JOBS_INDEXES);
    this.#grantObjects(grantee, 's3:GetObject', EXPIRING_PREFIXES);
    this.#parameter.grantRead(grantee);
  }

  /** The command reads the list with the rights of its user. */
  #publish(listing: string, folder: string): string {
    const path = join(folder, 'kinds.json');
    writeFileSync(path, kindsFileText(listing));
    return new Asset(this, 'Kinds', { path }).s3ObjectUrl;
  }

  #grantObjects(
    grantee: iam.IGrantable,
    action: 's3:GetObject' | 's3:PutObject',
    prefixes: readonly string[],
  ): void {
    const { bucket } = this.#parts;
    iam.Grant.addToPrincipal({
      grantee,
      actions: [action],
      resourceArns: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`)),
    });
  }
}
