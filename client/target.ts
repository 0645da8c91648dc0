/**
 * Finds the deployment that the options mean: the embedded cloud here, or a stack in AWS or behind
 * an endpoint.
 */
import type { Stack } from '@aws-sdk/client-cloudformation';
import * as v from 'valibot';
import { OUTPUTS, outputsParameter } from '#shared/contracts/outputs.ts';
import { waitingFor } from './access.ts';
import { MeshError } from './errors.ts';
import { accessOf, type EmbeddedState, readState } from './state.ts';

export interface TargetOptions {
  /**
   * Stage of the deployment. Absent: the embedded cloud that runs here, whatever its stage; when
   * none runs, `dev`.
   */
  readonly stage?: string | undefined;
  /** URL of an AWS-compatible server that has the stack. */
  readonly endpoint?: string | undefined;
  /** AWS region of the stack. Absent: the region of the SDK's settings. */
  readonly region?: string | undefined;
}

/** How the rules of a deployment are found: all those of a stack, or by their names. */
export type RulesOf = { readonly stackName: string } | { readonly names: readonly string[] };

export interface Target {
  /** Names the deployment for people. */
  readonly label: string;
  readonly region?: string | undefined;
  readonly endpoints: Partial<Record<'sqs' | 's3' | 'dynamodb' | 'scheduler' | 'secrets', string>>;
  readonly credentials?: { accessKeyId: string; secretAccessKey: string };
  readonly outputs: Readonly<Record<string, string>>;
  /** Not for an embedded cloud: where its services are asked. `endpoint` undefined: AWS's own. */
  readonly machine?: { readonly rules: RulesOf; readonly endpoint: string | undefined };
}

const STAGE_DEFAULT = 'dev';
const stackOf = (stage = STAGE_DEFAULT): string => `Sheratan-${stage}`;

/**
 * The embedded cloud, when the options mean it: they name nothing, or its own stage. A region or an
 * endpoint means another place, so that no command for AWS ever reaches the embedded cloud.
 */
export const embeddedFor = (
  { stage, endpoint, region }: TargetOptions,
  read: () => EmbeddedState | undefined = readState,
): EmbeddedState | undefined => {
  if (endpoint !== undefined || region !== undefined) return undefined;
  const running = read();
  return stage === undefined || running?.stackName === stackOf(stage) ? running : undefined;
};

/** The embedded cloud as a target. */
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

/** Account and region from the ARN of the deployment's own resource, not from the options. */
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
  requestHandler: waitingFor(),
});

const endpointsOf = ({ endpoint }: TargetOptions): Target['endpoints'] =>
  endpoint
    ? { sqs: endpoint, s3: endpoint, dynamodb: endpoint, scheduler: endpoint, secrets: endpoint }
    : {};

/** A stack that is one mesh, found by its name. */
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
      machine: { rules: { stackName: StackName }, endpoint },
    };
  } finally {
    client.destroy();
  }
};

const outputsIn = v.record(v.string(), v.string());

/** A mesh in any stack, found by the parameter that the construct writes. */
const parameterTarget = async (options: TargetOptions): Promise<Target> => {
  const { stage = STAGE_DEFAULT, endpoint, region } = options;
  const { SSMClient, GetParameterCommand } = await import('@aws-sdk/client-ssm');
  const client = new SSMClient(clientOf(options));
  try {
    const Name = outputsParameter(stage);
    const { Parameter = {} } = await client.send(new GetParameterCommand({ Name }));
    const outputs = v.parse(outputsIn, JSON.parse(Parameter.Value ?? ''));
    const names = (outputs[OUTPUTS.rules] ?? '').split(',').filter(Boolean);
    return {
      label: `mesh ${stage} ${placeOf(Parameter.ARN, endpoint)}`,
      region,
      endpoints: endpointsOf(options),
      outputs,
      machine: { rules: { names }, endpoint },
    };
  } finally {
    client.destroy();
  }
};

/** Whether a service answered; else nothing there can be asked for the parameter either. */
const isAnswer = (error: unknown): boolean => error instanceof Error && '$fault' in error;

const deployed = async (options: TargetOptions): Promise<Target> => {
  try {
    return await stackTarget(options);
  } catch (error) {
    if (!isAnswer(error)) throw notFound(options, error);
    // Without a parameter either, the reason why there is no stack helps a person more.
    return parameterTarget(options).catch(() => {
      throw notFound(options, error);
    });
  }
};

/**
 * Finds the deployment.
 *
 * @throws MeshError NO_DEPLOYMENT when there is none; the message says how to get one
 */
export const findTarget = async (options: TargetOptions): Promise<Target> => {
  const state = embeddedFor(options);
  return state ? embedded(state) : deployed(options);
};
