/** Starts everything in the template that makes functions run: mappings and schedules. */
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { FunctionLogLine } from './environment.ts';
import { LocalCloudError } from './errors.ts';
import type { LocalFunction } from './functions.ts';
import { type MappingWorld, mappingOf } from './mappings.ts';
import { type LocalResource, object, type Properties, resourcesOf } from './properties.ts';
import type { ResolveContext } from './resolve.ts';
import { type ScheduleRule, startSchedule } from './schedules.ts';
import { type Source, startSqsSource } from './sqsSource.ts';
import { startStreamSource } from './streamSource.ts';
import type { Template } from './template.ts';

export interface SourceOptions {
  readonly region: string;
  readonly accountId: string;
  readonly maxEnvironments: number;
  readonly sqs: SQSClient;
  readonly streamsClient: DynamoDBStreamsClient;
  /** By reference, that is by name. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  /** DynamoDB Local's stream by the template's. */
  readonly streams: ReadonlyMap<string, string>;
  readonly onLog: (line: FunctionLogLine) => void;
}

const startMapping = (
  resource: LocalResource,
  world: MappingWorld,
  options: SourceOptions,
): Source[] => {
  const { functionRef, enabled, source } = mappingOf(resource, world);
  const target = options.functions.get(functionRef);
  if (!target)
    throw new LocalCloudError(
      'UNSUPPORTED_PROPERTY',
      `Mapping ${resource.id}: no function ${functionRef}`,
    );
  if (!enabled) return [];
  const { functionId } = target.spec;
  const onFault = (text: string) =>
    options.onLog({ functionId, pid: 0, text: `${resource.id}: ${text}` });
  if (source.kind === 'queue')
    return [startSqsSource(options.sqs, source.mapping, target, onFault)];
  const clients = { sqs: options.sqs, streams: options.streamsClient };
  return [startStreamSource(clients, source.mapping, target, onFault)];
};

const targetsOf = ({ Targets }: Properties): ScheduleRule['targets'] =>
  (Array.isArray(Targets) ? Targets : []).map(object).map(({ Arn, Input, SqsParameters }) => {
    const { MessageGroupId } = object(SqsParameters);
    return {
      arn: String(Arn),
      ...(Input !== undefined && { input: String(Input) }),
      ...(MessageGroupId !== undefined && { messageGroupId: String(MessageGroupId) }),
    };
  });

const startRule = (
  { id, properties }: LocalResource,
  queueUrls: ReadonlyMap<string, string>,
  options: SourceOptions,
): Source[] => {
  const { ScheduleExpression, State } = properties;
  if (typeof ScheduleExpression !== 'string')
    throw new LocalCloudError(
      'UNSUPPORTED_PROPERTY',
      `Rule ${id}: only schedules are supported here`,
    );
  if (State === 'DISABLED') return [];
  const { region, accountId, sqs } = options;
  const rule = {
    id,
    expression: ScheduleExpression,
    region,
    accountId,
    targets: targetsOf(properties),
  };
  const functions = new Map(
    [...options.functions.values()].map((each) => [each.spec.functionArn, each]),
  );
  const onFault = (text: string) => options.onLog({ functionId: id, pid: 0, text });
  return [startSchedule(rule, { sqs, functions, queueUrls, onFault })];
};

/** @throws LocalCloudError for what this cloud cannot run */
export const startSources = (
  template: Template,
  context: ResolveContext,
  options: SourceOptions,
): readonly Source[] => {
  const of = (type: string) => resourcesOf(template, [type], context);
  const queueUrls = new Map(
    of('AWS::SQS::Queue').map(({ attributes, ref }) => [attributes['Arn'] ?? '', ref]),
  );
  const mappings = of('AWS::Lambda::EventSourceMapping');
  // Each mapping has its own share, so that a flood on one queue cannot take the others' workers.
  const share = Math.max(1, Math.floor(options.maxEnvironments / Math.max(1, mappings.length)));
  const world = { region: options.region, share, queueUrls, streams: options.streams };
  return [
    ...mappings.flatMap((resource) => startMapping(resource, world, options)),
    ...of('AWS::Events::Rule').flatMap((resource) => startRule(resource, queueUrls, options)),
  ];
};
