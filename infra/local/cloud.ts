/**
 * The embedded cloud: runs a synthesized template on this machine. Queues and buckets on an
 * in-process server, tables on DynamoDB Local, functions in Node processes of their own.
 */
import { availableParallelism } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { startTableServer, type TableServer } from './dynamoLocal.ts';
import type { FunctionLogLine, InvokeResult } from './environment.ts';
import { createFunction, type LocalFunction } from './functions.ts';
import { identify } from './identities.ts';
import { functionSpec, resourcesOf } from './properties.ts';
import { createQueues } from './queues.ts';
import { startRegional } from './regional.ts';
import { type ResolveContext, resolve } from './resolve.ts';
import { startSources } from './sources.ts';
import { createTable } from './tables.ts';
import { type Assembly, loadAssembly } from './template.ts';

export interface CloudOptions {
  /** Where `cdk synth` wrote. */
  readonly assemblyDir: string;
  /** Default: the only template in `assemblyDir`. */
  readonly stackName?: string;
  /** Execution environments at once, shared evenly by the event source mappings. */
  readonly maxEnvironments?: number;
  /** Each line a function prints, and what goes wrong in a mapping (pid 0). */
  readonly onLog?: (line: FunctionLogLine) => void;
}

export interface Cloud {
  readonly region: string;
  readonly stackName: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly endpoints: Readonly<Record<'sqs' | 's3' | 'dynamodb', string>>;
  /** What a client's environment needs to reach this cloud through the SDK's standard variables. */
  readonly clientEnv: Readonly<Record<string, string>>;
  environments(): readonly {
    functionId: string;
    pid: number;
    state: string;
    invocations: number;
  }[];
  /** As when the machine below an environment dies: SIGKILL. */
  killEnvironment(pid: number): void;
  /** One direct invocation. @throws RangeError for an unknown logical id */
  invoke(functionId: string, event: unknown): Promise<InvokeResult>;
  stop(): Promise<void>;
}

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const ENVIRONMENTS_PER_CORE = 8;
const CLIENT = { region: REGION, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

interface Servers {
  readonly messages: FauxqsServer;
  readonly tables: TableServer;
}

const startServers = async (): Promise<Servers> => {
  const messages = startFauxqs({
    port: 0,
    logger: false,
    host: '127.0.0.1',
    defaultRegion: REGION,
  });
  const tables = startTableServer();
  const [a, b] = await Promise.allSettled([messages, tables]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled')
    return { messages: a.value, tables: b.value };
  if (a.status === 'fulfilled') await a.value.stop();
  if (b.status === 'fulfilled') await b.value.stop();
  throw a.status === 'rejected' ? a.reason : b.status === 'rejected' ? b.reason : undefined;
};

const endpointEnv = (
  sqs: string,
  dynamodb: string,
  regional: Readonly<Record<string, string>>,
) => ({
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_SQS: sqs,
  AWS_ENDPOINT_URL_S3: sqs,
  AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
  AWS_ENDPOINT_URL_DYNAMODB_STREAMS: dynamodb,
  ...regional,
});

const pseudoOf = (stackName: string): ResolveContext['pseudo'] => ({
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::StackName': stackName,
  'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${stackName}/local`,
  'AWS::URLSuffix': 'amazonaws.com',
});

/** @returns DynamoDB Local's stream by the template's */
const provision = async (
  { template }: Assembly,
  context: ResolveContext,
  { messages, tables }: Servers,
): Promise<ReadonlyMap<string, string>> => {
  const of = (...types: string[]) => resourcesOf(template, types, context);
  const queues = of('AWS::SQS::Queue').map(({ attributes, properties }) => ({
    name: attributes['QueueName'] ?? '',
    properties,
  }));
  createQueues(messages, REGION, queues);
  for (const { ref } of of('AWS::S3::Bucket')) messages.createBucket(ref);
  const client = new DynamoDBClient({ ...CLIENT, endpoint: tables.endpoint });
  const streams = await Promise.all(
    of('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map(
      async ({ ref, attributes, properties }) => {
        const localArn = await createTable(client, ref, properties);
        return [attributes['StreamArn'] ?? '', localArn ?? ''] as const;
      },
    ),
  );
  client.destroy();
  return new Map(streams);
};

const outputsOf = ({ template }: Assembly, context: ResolveContext): Record<string, string> =>
  Object.fromEntries(
    Object.entries(template.Outputs ?? {}).map(([key, { Value }]) => [
      key,
      String(resolve(Value, context)),
    ]),
  );

const controlsOf = (
  functions: readonly LocalFunction[],
): Pick<Cloud, 'environments' | 'killEnvironment' | 'invoke'> => {
  const all = () =>
    functions.flatMap(({ spec, environments }) =>
      environments().map((environment) => ({ functionId: spec.functionId, environment })),
    );
  return {
    environments: () =>
      all().map(({ functionId, environment: { pid, state, invocations } }) => ({
        functionId,
        pid,
        state,
        invocations,
      })),
    killEnvironment: (pid) => {
      all()
        .find(({ environment }) => environment.pid === pid)
        ?.environment.kill();
    },
    invoke: (functionId, event) => {
      const target = functions.find(({ spec }) => spec.functionId === functionId);
      if (!target) throw new RangeError(`no function ${functionId}`);
      return target.invoke(event);
    },
  };
};

/** @throws LocalCloudError when the template or this machine lacks something, saying what. */
export const startCloud = async (options: CloudOptions): Promise<Cloud> => {
  const onLog = options.onLog ?? (() => undefined);
  const maxEnvironments = options.maxEnvironments ?? ENVIRONMENTS_PER_CORE * availableParallelism();
  const assembly = loadAssembly(options.assemblyDir, options.stackName);
  const { template, stackName } = assembly;
  const placeAt = (sqsEndpoint: string) => ({
    region: REGION,
    accountId: ACCOUNT,
    stackName,
    sqsEndpoint,
  });
  // Before anything starts: an unknown type must cost no time and leave nothing behind.
  identify(template, placeAt(''));

  const servers = await startServers();
  const sqsUrl = `http://127.0.0.1:${servers.messages.port}`;
  const context: ResolveContext = {
    pseudo: pseudoOf(stackName),
    identities: identify(template, placeAt(sqsUrl)),
  };
  const sqs = new SQSClient({ ...CLIENT, endpoint: sqsUrl });
  const regional = await startRegional(template, context, {
    sqs,
    region: REGION,
    accountId: ACCOUNT,
    onFault: (text) => onLog({ functionId: 'scheduler', pid: 0, text }),
  });
  const clientEnv = endpointEnv(sqsUrl, servers.tables.endpoint, regional.env);
  const streamsClient = new DynamoDBStreamsClient({ ...CLIENT, endpoint: servers.tables.endpoint });
  const stopServers = async (): Promise<void> => {
    await regional.stop();
    sqs.destroy();
    streamsClient.destroy();
    await Promise.all([servers.messages.stop(), servers.tables.stop()]);
  };
  try {
    const streams = await provision(assembly, context, servers);
    const functions = new Map(
      resourcesOf(template, ['AWS::Lambda::Function'], context).map((resource) => {
        const spec = functionSpec(resource, assembly, clientEnv);
        return [resource.ref, createFunction(spec, onLog)] as const;
      }),
    );
    for (const each of functions.values()) each.warm();
    const sources = startSources(template, context, {
      region: REGION,
      accountId: ACCOUNT,
      maxEnvironments,
      sqs,
      streamsClient,
      functions,
      streams,
      onLog,
    });
    return {
      region: REGION,
      stackName,
      outputs: outputsOf(assembly, context),
      endpoints: { sqs: sqsUrl, s3: sqsUrl, dynamodb: servers.tables.endpoint },
      clientEnv,
      ...controlsOf([...functions.values()]),
      stop: async () => {
        const running = [...sources, ...functions.values()];
        await Promise.all(running.map((each) => each.stop()));
        await stopServers();
      },
    };
  } catch (error) {
    await stopServers();
    throw error;
  }
};
