/** Which deployment is meant: the embedded cloud that runs here, or a stack in AWS or behind an endpoint. */
import type { Stack } from '@aws-sdk/client-cloudformation';
import * as v from 'valibot';
import { outputsParameter } from '#shared/contracts/outputs.ts';
import { MeshError } from './errors.ts';
import { accessOf, type EmbeddedState, readState } from './state.ts';

export interface TargetOptions {
  /** Absent: the embedded cloud that runs here, whatever its stage; where none runs, `dev`. */
  readonly stage?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

export interface Target {
  /** For people: which deployment this is. */
  readonly label: string;
  readonly region?: string | undefined;
  readonly endpoints: Partial<Record<'sqs' | 's3' | 'dynamodb' | 'scheduler' | 'secrets', string>>;
  readonly credentials?: { accessKeyId: string; secretAccessKey: string };
  readonly outputs: Readonly<Record<string, string>>;
  /** Of a stack: what runs its functions can be asked. `endpoint` undefined: AWS's own. */
  readonly stack?: { readonly name: string; readonly endpoint: string | undefined };
}

const STAGE_DEFAULT = 'dev';
const stackOf = (stage = STAGE_DEFAULT): string => `Sheratan-${stage}`;

/**
 * The embedded cloud, where that is what was asked for: nothing was named, or its own stage.
 * A region or an endpoint names another place, so that no command for AWS ever lands here.
 */
export const embeddedFor = (
  { stage, endpoint, region }: TargetOptions,
  read: () => EmbeddedState | undefined = readState,
): EmbeddedState | undefined => {
  if (endpoint !== undefined || region !== undefined) return undefined;
  const running = read();
  return stage === undefined || running?.stackName === stackOf(stage) ? running : undefined;
};

export const embedded = ({ clientEnv, outputs, stackName, pid }: EmbeddedState): Target => ({
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

/** Account and region are the deployment's own word, not what was asked for. */
const placeOf = (arn = '', endpoint: string | undefined): string => {
  if (endpoint !== undefined) return `at ${endpoint}`;
  const [, , , region, account] = arn.split(':');
  return account ? `in account ${account}, region ${region}` : 'in the AWS account';
};

const notFound = (options: TargetOptions, error: unknown): MeshError => {
  const { endpoint, stage } = options;
  const reason = error instanceof Error ? error.message : String(error);
  const where = endpoint ?? 'the AWS account';
  const running = endpoint === undefined ? readState() : undefined;
  const here = running
    ? `the embedded cloud that runs here is ${running.stackName}, which was not asked for`
    : 'no embedded cloud is running';
  return new MeshError(
    'NO_DEPLOYMENT',
    `No deployment found: ${endpoint === undefined ? `${here}, and ` : ''}${where} did not answer for stack ${stackOf(stage)} (${reason}).\n` +
      'Start one here with "npx sheratan up", or deploy one with "npm run deploy".',
    { cause: error },
  );
};

const clientOf = ({ region, endpoint }: TargetOptions) => ({
  ...(region && { region }),
  ...(endpoint && { endpoint }),
  maxAttempts: 2,
});

const endpointsOf = ({ endpoint }: TargetOptions): Target['endpoints'] =>
  endpoint
    ? { sqs: endpoint, s3: endpoint, dynamodb: endpoint, scheduler: endpoint, secrets: endpoint }
    : {};

/** A stack that is one mesh, by its name. */
const stackTarget = async (options: TargetOptions): Promise<Target> => {
  const { stage, endpoint, region } = options;
  const { CloudFormationClient, DescribeStacksCommand } = await import(
    '@aws-sdk/client-cloudformation'
  );
  const client = new CloudFormationClient(clientOf(options));
  try {
    const StackName = stackOf(stage);
    const { Stacks: [stack = {} as Stack] = [] } = await client.send(
      new DescribeStacksCommand({ StackName }),
    );
    const outputs = (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [
      OutputKey,
      OutputValue,
    ]);
    return {
      label: `stack ${StackName} ${placeOf(stack.StackId, endpoint)}`,
      region,
      endpoints: endpointsOf(options),
      outputs: Object.fromEntries(outputs),
      stack: { name: StackName, endpoint },
    };
  } finally {
    client.destroy();
  }
};

const outputsIn = v.record(v.string(), v.string());

/** A mesh in whatever stack: the construct leaves word of it in a parameter. */
const parameterTarget = async (options: TargetOptions): Promise<Target> => {
  const { stage = STAGE_DEFAULT, endpoint, region } = options;
  const { SSMClient, GetParameterCommand } = await import('@aws-sdk/client-ssm');
  const client = new SSMClient(clientOf(options));
  try {
    const Name = outputsParameter(stage);
    const { Parameter = {} } = await client.send(new GetParameterCommand({ Name }));
    return {
      label: `mesh ${stage} ${placeOf(Parameter.ARN, endpoint)}`,
      region,
      endpoints: endpointsOf(options),
      outputs: v.parse(outputsIn, JSON.parse(Parameter.Value ?? '')),
    };
  } finally {
    client.destroy();
  }
};

const deployed = async (options: TargetOptions): Promise<Target> => {
  try {
    return await stackTarget(options);
  } catch (error) {
    // Why there is no stack is what a person has to hear when there is no parameter either.
    return parameterTarget(options).catch(() => {
      throw notFound(options, error);
    });
  }
};

/** @throws MeshError NO_DEPLOYMENT when there is none, saying how to get one. */
export const findTarget = async (options: TargetOptions): Promise<Target> => {
  const state = embeddedFor(options);
  return state ? embedded(state) : deployed(options);
};
