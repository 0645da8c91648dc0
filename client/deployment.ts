/** Finds the deployment: the running embedded cloud, else the stack in the account or behind --endpoint. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { PRIORITIES, type Priority } from '#shared/contracts/queues.ts';
import { createControlStore } from '#shared/control/dynamo/store.ts';
import type { ControlStore } from '#shared/control/ports.ts';
import { type HostSystem, openHosts } from '#shared/hosts/system.ts';
import { createDeliveryLog } from '#shared/jobs/dynamo/deliveryLog.ts';
import { createFlowStore } from '#shared/jobs/dynamo/flowStore.ts';
import { createJobReader, type JobReader } from '#shared/jobs/dynamo/reader.ts';
import { createJobStore } from '#shared/jobs/dynamo/store.ts';
import type {
  Blobs,
  DeliveryLog,
  FlowStore,
  JobStore,
  Outgoing,
  Secrets,
  Visibility,
  Workspaces,
} from '#shared/jobs/ports.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { createVisibility } from '#shared/jobs/sqs/visibility.ts';
import { type LedgerSystem, openLedger } from '#shared/ledger/system.ts';
import type { Schedules } from '#shared/schedules/ports.ts';
import { MeshError } from './errors.ts';
import type { MappingState } from './mappings.ts';
import { type Keep, openBucket, openSchedules, openSecrets } from './rarely.ts';
import { accessOf, type EmbeddedState, readState } from './state.ts';

export interface TargetOptions {
  readonly stage: string;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

export interface Deployment {
  /** For people: which deployment this is. */
  readonly label: string;
  readonly queueUrls: Readonly<Record<Priority, string>>;
  readonly sqs: SQSClient;
  readonly resultsUrl: string;
  /** Names of the tables whose streams wake functions. */
  readonly tables: readonly string[];
  /** undefined where functions are not fed by Lambda's own mappings. */
  mappings(): Promise<readonly MappingState[] | undefined>;
  readonly store: JobStore;
  readonly flows: FlowStore;
  readonly visibility: Visibility;
  readonly control: ControlStore;
  readonly deliveries: DeliveryLog;
  /** Of callbacks. */
  readonly secrets: Secrets;
  /** Of calls to hosts. */
  readonly hostSecrets: Secrets;
  readonly schedules: Schedules;
  readonly ledger: LedgerSystem;
  /** Opened when it is asked for: most commands have nothing to do with hosts. */
  readonly hosts: () => HostSystem;
  readonly outgoing: Outgoing;
  readonly reader: JobReader;
  readonly blobs: Blobs;
  readonly workspaces: Workspaces;
  close(): void;
}

interface Target {
  readonly label: string;
  readonly region?: string | undefined;
  readonly endpoints: Partial<Record<'sqs' | 's3' | 'dynamodb' | 'scheduler' | 'secrets', string>>;
  readonly credentials?: { accessKeyId: string; secretAccessKey: string };
  readonly outputs: Readonly<Record<string, string>>;
  /** Of Lambda's API; undefined: the SDK's own. */
  readonly lambda?: { readonly endpoint: string | undefined };
}

const embedded = ({ clientEnv, outputs, stackName, pid }: EmbeddedState): Target => ({
  label: `embedded cloud, stack ${stackName}, pid ${pid}`,
  ...accessOf({ clientEnv }),
  endpoints: {
    sqs: clientEnv['AWS_ENDPOINT_URL_SQS'] ?? '',
    s3: clientEnv['AWS_ENDPOINT_URL_S3'] ?? '',
    dynamodb: clientEnv['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
    scheduler: clientEnv['AWS_ENDPOINT_URL_SCHEDULER'] ?? '',
    secrets: clientEnv['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? '',
  },
  outputs,
});

const deployed = async ({ stage, endpoint, region }: TargetOptions): Promise<Target> => {
  const stackName = `Sheratan-${stage}`;
  const { CloudFormationClient, DescribeStacksCommand } = await import(
    '@aws-sdk/client-cloudformation'
  );
  const options = { ...(region && { region }), ...(endpoint && { endpoint }) };
  const client = new CloudFormationClient({ ...options, maxAttempts: 2 });
  const where = endpoint ?? 'the AWS account';
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const outputs = (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [
      OutputKey,
      OutputValue,
    ]);
    const endpoints = endpoint
      ? { sqs: endpoint, s3: endpoint, dynamodb: endpoint, scheduler: endpoint, secrets: endpoint }
      : {};
    return {
      label: `stack ${stackName} in ${where}`,
      region,
      endpoints,
      outputs: Object.fromEntries(outputs),
      lambda: { endpoint },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MeshError(
      'NO_DEPLOYMENT',
      `No deployment found: no embedded cloud is running, and ${where} did not answer for stack ${stackName} (${reason}).\n` +
        'Start one here with "npx sheratan up", or deploy one with "npm run deploy".',
      { cause: error },
    );
  } finally {
    client.destroy();
  }
};

const outputOf = (target: Target, name: string): string => {
  const value = target.outputs[name];
  if (value) return value;
  throw new MeshError(
    'WRONG_VERSION',
    `${target.label} has no output "${name}"; it is not a Sheratan of this version.`,
  );
};

/** What goes wrong on the way is in the outcome. */
const quiet = (): void => undefined;
const QUIET = { debug: quiet, info: quiet, warn: quiet, error: quiet };

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
  ) as Record<Priority, string>;
  const secretsOf = (output: string): Secrets =>
    openSecrets(at(target.endpoints.secrets), outputOf(target, output), keep);
  return {
    label: target.label,
    queueUrls,
    sqs,
    resultsUrl: outputOf(target, OUTPUTS.resultsUrl),
    tables: [OUTPUTS.jobsTable, OUTPUTS.ledgerTable, OUTPUTS.hostsTable].map((name) =>
      outputOf(target, name),
    ),
    mappings: async () => {
      if (!target.lambda) return undefined;
      // One command in many needs that client.
      const { listMappings } = await import('./mappings.ts');
      return listMappings(at(target.lambda.endpoint));
    },
    store: createJobStore(jobs),
    flows: createFlowStore(jobs),
    visibility: createVisibility(sqs),
    control: createControlStore(jobs),
    deliveries: createDeliveryLog(jobs),
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
    outgoing: createOutgoing({ sqs, queueUrls }),
    reader: createJobReader(jobs),
    ...openBucket(at(target.endpoints.s3), outputOf(target, OUTPUTS.dataBucket), keep),
    close: () => {
      for (const each of made) each.destroy();
    },
  };
};

export const openEmbedded = (state: EmbeddedState): Deployment => open(embedded(state));

/** @throws MeshError when there is none, saying how to get one. */
export const findDeployment = async (options: TargetOptions): Promise<Deployment> => {
  const state = options.endpoint === undefined ? readState() : undefined;
  return open(state ? embedded(state) : await deployed(options));
};
