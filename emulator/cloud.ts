/**
 * The embedded cloud: runs a synthesized template on this machine. Queues and buckets run on a
 * server in this process, tables on the native engine or DynamoDB Local, functions in Node
 * processes of their own.
 */
import { availableParallelism } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Controls, controlsOf } from './controls.ts';
import type { FunctionLogLine } from './lambda/environment.ts';
import { createFunction, type LocalFunction } from './lambda/functions.ts';
import { type Inspected, inspected } from './lambda/inspected.ts';
import { executionQuota, withinQuota } from './lambda/quota.ts';
import { type Observer, observed, watchSends } from './observer.ts';
import { provision } from './provision.ts';
import {
  ACCOUNT,
  CLIENT,
  type Endpoints,
  endpointEnv,
  polledAt,
  REGION,
  type ServerOptions,
  type Servers,
  startServers,
  stopServers,
} from './servers.ts';
import { startFunctionUrls } from './services/functionUrls.ts';
import { startRegional } from './services/regional.ts';
import type { TableEngine } from './tables/tableEngine.ts';
import { identify, type StackPlace } from './template/identities.ts';
import { functionSpec, resourcesOf } from './template/properties.ts';
import { type ResolveContext, resolve } from './template/resolve.ts';
import { resourcePolicies } from './template/resourcePolicies.ts';
import { type Assembly, loadAssembly } from './template/template.ts';
import { startSources } from './triggers/sources.ts';
import type { Source } from './triggers/sqsSource.ts';
import { type Views, viewsOf } from './views.ts';

export interface CloudOptions {
  /** The folder that `cdk synth` wrote. */
  readonly assemblyDir: string;
  /** Default: the only template in `assemblyDir`. */
  readonly stackName?: string;
  /** Execution environments at once, shared by all event source mappings. Default: 8 per core. */
  readonly maxEnvironments?: number;
  /** The account's quota: executions at once, of all functions; more are refused. Default: none. */
  readonly executionsMax?: number;
  /** Default: `SHERATAN_TABLES`, else the native engine where its package is, else DynamoDB Local. */
  readonly tables?: TableEngine | undefined;
  /** Folder that keeps all data for the next start. Default: data is lost at the end. */
  readonly dataDir?: string | undefined;
  /** Called with each line that a function prints, and with each fault of a mapping (pid 0). */
  readonly onLog?: (line: FunctionLogLine) => void;
  /** Folders whose code replaces the assembly's, by the end of the function's name. */
  readonly code?: Readonly<Record<string, string>>;
  /** Called for each invocation and each message. */
  readonly observer?: Observer;
  /** The function that a debugger may look into. */
  readonly inspect?: Inspected | undefined;
}

export interface Cloud extends Controls, Views {
  readonly region: string;
  readonly stackName: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly endpoints: Endpoints;
  /** What a client's environment needs to reach this cloud through the SDK's standard variables. */
  readonly clientEnv: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const ENVIRONMENTS_PER_CORE = 8;

const pseudoOf = (stackName: string): ResolveContext['pseudo'] => ({
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::StackName': stackName,
  'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${stackName}/local`,
  'AWS::URLSuffix': 'amazonaws.com',
});

const contextOf = (
  { template, stackName }: Assembly,
  endpoints: Pick<StackPlace, 'sqsEndpoint' | 'urlsEndpoint'>,
): ResolveContext => ({
  pseudo: pseudoOf(stackName),
  identities: identify(template, {
    region: REGION,
    accountId: ACCOUNT,
    stackName,
    ...endpoints,
  }),
});

const outputsOf = ({ template }: Assembly, context: ResolveContext): Record<string, string> =>
  Object.fromEntries(
    Object.entries(template.Outputs ?? {}).map(([key, { Value }]) => [
      key,
      String(resolve(Value, context)),
    ]),
  );

const createFunctions = (
  assembly: Assembly,
  context: ResolveContext,
  clientEnv: Readonly<Record<string, string>>,
  onLog: (line: FunctionLogLine) => void,
  {
    observer,
    inspect,
    executionsMax,
  }: Pick<CloudOptions, 'observer' | 'inspect' | 'executionsMax'>,
): ReadonlyMap<string, LocalFunction> => {
  const quota = executionQuota(executionsMax);
  return new Map(
    resourcesOf(assembly.template, ['AWS::Lambda::Function'], context).map((resource) => {
      const spec = inspected(functionSpec(resource, assembly, clientEnv), inspect);
      const fn = withinQuota(createFunction(spec, onLog), quota);
      return [resource.ref, observer ? observed(fn, resource.ref, observer) : fn] as const;
    }),
  );
};

const serversOf = (
  { dataDir, observer, tables, onLog }: CloudOptions,
  stackName: string,
): ServerOptions => ({
  stackName,
  dataDir,
  watched: observer !== undefined,
  tables: {
    engine: tables,
    onFault: (text) => onLog?.({ functionId: 'servers', pid: 0, text }),
  },
});

const destroy = (client: { destroy(): void }): void => client.destroy();

const publisherOf =
  ({ messages }: Servers) =>
  (arn: string, message: string): void =>
    void messages.publish(arn.split(':').at(-1) ?? '', message, { region: REGION });

/** Starts the rest. `started` gets all that runs, also when a later part fails to start. */
const startOn = async (
  servers: Servers,
  assembly: Assembly,
  options: CloudOptions,
  started: AsyncDisposableStack,
): Promise<Omit<Cloud, 'stop'>> => {
  const onLog = options.onLog ?? (() => undefined);
  const faultsOf = (functionId: string) => (text: string) => onLog({ functionId, pid: 0, text });
  const maxEnvironments = options.maxEnvironments ?? ENVIRONMENTS_PER_CORE * availableParallelism();
  const { template, stackName } = assembly;
  const place = { region: REGION, accountId: ACCOUNT };
  if (options.observer) watchSends(servers.messages, options.observer);
  const sqsUrl = `http://127.0.0.1:${servers.messages.port}`;
  const urls = await startFunctionUrls(template, servers.keeping.urlsPort, faultsOf('servers'));
  started.defer(() => urls.stop());
  const context = contextOf(assembly, { sqsEndpoint: sqsUrl, urlsEndpoint: urls.endpoint });
  const isAllowed = resourcePolicies(template, context, ACCOUNT);
  const endpoints = { sqs: sqsUrl, s3: sqsUrl, dynamodb: servers.tables.endpoint };
  const sqs = started.adopt(new SQSClient({ ...CLIENT, endpoint: sqsUrl }), destroy);
  const tables = new DynamoDBClient({ ...CLIENT, endpoint: endpoints.dynamodb });
  started.adopt(tables, destroy);
  const polled = polledAt(endpoints);
  for (const service of Object.values(polled)) started.defer(() => service.close());
  const regional = await startRegional(template, context, started, {
    ...place,
    sqs,
    secrets: servers.keeping.secrets,
    kept: servers.keeping.schedules,
    isAllowed,
    onFault: faultsOf('scheduler'),
  });
  const clientEnv = { ...endpointEnv(endpoints), ...regional.env };
  const topicWorld = { isAllowed, onFault: faultsOf('sns') };
  const streams = await provision(assembly, context, servers, { sqs, tables }, topicWorld);
  const functions = createFunctions(assembly, context, clientEnv, onLog, options);
  const sources: Source[] = [];
  started.defer(async () => {
    await Promise.all([...sources, ...functions.values()].map((each) => each.stop()));
  });
  const onDemand = urls.open(template, context, functions, isAllowed);
  const controls = controlsOf([...functions.values()]);
  for (const [nameEnd, root] of Object.entries(options.code ?? {}))
    controls.replaceCode(nameEnd, root);
  for (const each of functions.values())
    if (!onDemand.has(each) && each.environments().length === 0) each.warm();
  startSources(template, context, sources, {
    ...place,
    maxEnvironments,
    sqs,
    polled,
    functions,
    streams,
    isAllowed,
    onLog,
    readers: servers.readers,
    positions: servers.keeping.positions,
    listeners: regional.listeners,
    publish: publisherOf(servers),
  });
  const views = viewsOf(template, context, {
    tables,
    polled,
    streams,
    region: REGION,
    messages: servers.messages,
    readers: servers.readers,
    kept: options.dataDir !== undefined,
  });
  return {
    region: REGION,
    stackName,
    outputs: outputsOf(assembly, context),
    endpoints: { ...endpoints, events: regional.busEndpoint },
    clientEnv,
    ...controls,
    ...views,
  };
};

/**
 * Starts the cloud; its functions start their first environments at once.
 *
 * @throws LocalCloudError when the template or this machine lacks something; the message says what.
 *   Nothing of the cloud is left running then.
 */
export const startCloud = async (options: CloudOptions): Promise<Cloud> => {
  const assembly = loadAssembly(options.assemblyDir, options.stackName);
  const { stackName } = assembly;
  // Checked before anything starts: an unknown type costs no time and leaves nothing behind.
  contextOf(assembly, { sqsEndpoint: '', urlsEndpoint: '' });
  const servers = await startServers(serversOf(options, stackName));
  const started = new AsyncDisposableStack();
  started.defer(() => stopServers(servers));
  try {
    const cloud = await startOn(servers, assembly, options, started);
    return { ...cloud, stop: () => started.disposeAsync() };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
};
