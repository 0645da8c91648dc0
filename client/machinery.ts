/**
 * The AWS services that run a deployment: functions, event source mappings, rules, and the queues'
 * metrics.
 */

import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  DescribeRuleCommand,
  EventBridgeClient,
  ListTargetsByRuleCommand,
} from '@aws-sdk/client-eventbridge';
import {
  type EventSourceMappingConfiguration,
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  LambdaServiceException,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';
import { mapPool } from '#shared/kernel/pool.ts';
import type { Access, Keep } from './access.ts';
import type { RulesOf } from './target.ts';

export interface MappingState {
  readonly id: string;
  /** `Enabled`, `Disabled`, or a state between the two. */
  readonly state: string;
  /** Why the mapping is in this state; empty when Lambda does not say. */
  readonly reason: string;
  /**
   * For a stream: the result of the last batch; `PROBLEM: …` when the batch could not be delivered.
   */
  readonly lastResult: string;
  readonly sourceArn: string;
  readonly functionArn: string;
  /**
   * Executions that it may ask for at once, of a stream for each shard; undefined where nothing
   * bounds it.
   */
  readonly atOnce: number | undefined;
}

/** What the account has for concurrent executions in the region. */
export type Quota =
  | {
      readonly known: true;
      /** For all functions. */
      readonly limit: number;
      /** For those that have none reserved. */
      readonly unreserved: number;
    }
  /** A server that takes the place of AWS and does not tell. */
  | { readonly known: false; readonly reason: string };

export interface FunctionState {
  /** The ARN that was asked for: of a function, or of an alias. */
  readonly arn: string;
  /**
   * Lambda's own word, such as `Active` or `Failed`; undefined when there is no such function or
   * alias.
   */
  readonly state: string | undefined;
  /** Why the function is in this state; empty when Lambda does not say. */
  readonly reason: string;
  /** Environments that may run at once, where this is limited; 0 stops the function. */
  readonly reserved?: number;
}

export interface RuleState {
  readonly name: string;
  /** EventBridge's own word; undefined when the stack's rule does not exist any more. */
  readonly state: string | undefined;
  /** ARNs of the rule's targets. */
  readonly targets: readonly string[];
}

export interface Machinery {
  mappings(): Promise<readonly MappingState[]>;
  functions(arns: readonly string[]): Promise<readonly FunctionState[]>;
  /** The rules of the stack. */
  rules(): Promise<readonly RuleState[]>;
  /** What the account has for concurrent executions. */
  quota(): Promise<Quota>;
  /**
   * Age in seconds of the oldest message of each queue, by the queue's name; 0 when no message
   * waits to be received.
   *
   * @param now ms since the epoch
   */
  ages(queues: readonly string[], now: number): Promise<ReadonlyMap<string, number>>;
}

const READS_AT_ONCE = 8;
const AGES_SINCE_MS = 600_000;
const PERIOD_SECONDS = 60;

const atOnceOf = (mapping: EventSourceMappingConfiguration): number | undefined =>
  mapping.EventSourceArn?.includes(':dynamodb:')
    ? (mapping.ParallelizationFactor ?? 1)
    : mapping.ScalingConfig?.MaximumConcurrency;

const stateOf = (mapping: EventSourceMappingConfiguration): MappingState => ({
  id: mapping.UUID ?? '',
  state: mapping.State ?? '',
  reason: mapping.StateTransitionReason ?? '',
  lastResult: mapping.LastProcessingResult ?? '',
  sourceArn: mapping.EventSourceArn ?? '',
  functionArn: mapping.FunctionArn ?? '',
  atOnce: atOnceOf(mapping),
});

/** undefined when AWS answers that the resource does not exist. */
const ifThere = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
};

/** AWS itself has the operation: whoever answers so is another server. */
const NOT_THERE = [404, 405, 501];

const statusOf = (error: unknown): number =>
  error instanceof LambdaServiceException ? (error.$metadata.httpStatusCode ?? 0) : 0;

const quotaOf = async (client: LambdaClient): Promise<Quota> => {
  try {
    const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}));
    const { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved = limit } =
      AccountLimit ?? {};
    if (limit !== undefined && unreserved !== undefined) return { known: true, limit, unreserved };
    return { known: false, reason: 'its account settings name no limit' };
  } catch (error) {
    if (NOT_THERE.includes(statusOf(error)))
      return { known: false, reason: 'it does not know GetAccountSettings' };
    throw error;
  }
};

const functionState = async (client: LambdaClient, arn: string): Promise<FunctionState> => {
  // The ARN of an alias ends with the alias's name, after the function's.
  const [FunctionName = arn, Qualifier] = arn.split(':function:').at(-1)?.split(':') ?? [];
  const asked = { FunctionName, ...(Qualifier !== undefined && { Qualifier }) };
  const found = await ifThere(client.send(new GetFunctionConfigurationCommand(asked)));
  if (!found) return { arn, state: undefined, reason: '' };
  const { ReservedConcurrentExecutions: reserved } = await client.send(
    new GetFunctionConcurrencyCommand({ FunctionName }),
  );
  return {
    arn,
    state: found.State ?? 'Active',
    reason: found.StateReason ?? '',
    ...(reserved !== undefined && { reserved }),
  };
};

const ruleState = async (client: EventBridgeClient, name: string): Promise<RuleState> => {
  const found = await ifThere(client.send(new DescribeRuleCommand({ Name: name })));
  if (!found) return { name, state: undefined, targets: [] };
  const { Targets = [] } = await client.send(new ListTargetsByRuleCommand({ Rule: name }));
  return { name, state: found.State, targets: Targets.map(({ Arn = '' }) => Arn) };
};

const rulesOf = async (
  client: CloudFormationClient,
  rules: RulesOf,
): Promise<readonly string[]> => {
  if ('names' in rules) return rules.names;
  const names: string[] = [];
  for await (const { StackResourceSummaries = [] } of paginateListStackResources(
    { client },
    { StackName: rules.stackName },
  ))
    for (const { ResourceType, PhysicalResourceId } of StackResourceSummaries)
      if (ResourceType === 'AWS::Events::Rule' && PhysicalResourceId)
        names.push(PhysicalResourceId);
  return names;
};

const sqsMetric = (id: string, QueueName: string, MetricName: string) => ({
  Id: id,
  MetricStat: {
    Metric: {
      Namespace: 'AWS/SQS',
      MetricName,
      Dimensions: [{ Name: 'QueueName', Value: QueueName }],
    },
    Period: PERIOD_SECONDS,
    Stat: 'Maximum',
  },
});

const agesQuery = (queues: readonly string[]) =>
  queues.flatMap((queue, index) => [
    sqsMetric(`age${index}`, queue, 'ApproximateAgeOfOldestMessage'),
    sqsMetric(`waiting${index}`, queue, 'ApproximateNumberOfMessagesVisible'),
  ]);

/** Clients of these services for one stack. Each method asks AWS at each call. */
export const openMachinery = (access: Access, rules: RulesOf, keep: Keep): Machinery => {
  const lambda = keep(new LambdaClient(access));
  const events = keep(new EventBridgeClient(access));
  const formation = keep(new CloudFormationClient(access));
  const watch = keep(new CloudWatchClient(access));
  return {
    mappings: async () => {
      const all: MappingState[] = [];
      for await (const page of paginateListEventSourceMappings({ client: lambda }, {}))
        all.push(...(page.EventSourceMappings ?? []).map(stateOf));
      return all;
    },
    functions: (arns) => mapPool(arns, READS_AT_ONCE, (arn) => functionState(lambda, arn)),
    rules: async () =>
      mapPool(await rulesOf(formation, rules), READS_AT_ONCE, (name) => ruleState(events, name)),
    quota: () => quotaOf(lambda),
    ages: async (queues, now) => {
      const { MetricDataResults: results = [] } = await watch.send(
        new GetMetricDataCommand({
          MetricDataQueries: agesQuery(queues),
          StartTime: new Date(now - AGES_SINCE_MS),
          EndTime: new Date(now),
          ScanBy: 'TimestampDescending',
        }),
      );
      const newest = new Map(results.map(({ Id, Values = [] }) => [Id, Values[0] ?? 0]));
      // A message that waits for a retry or a limit is not visible, and its age is as it should be.
      const ageOf = (index: number): number =>
        newest.get(`waiting${index}`) ? (newest.get(`age${index}`) ?? 0) : 0;
      return new Map(queues.map((queue, index) => [queue, ageOf(index)]));
    },
  };
};
