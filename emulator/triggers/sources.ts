/** Starts what invokes the template's functions: event source mappings and rules. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { LocalCloudError } from '../errors.ts';
import type { FunctionLogLine } from '../lambda/environment.ts';
import type { LocalFunction } from '../lambda/functions.ts';
import type { Polled } from '../servers.ts';
import { type StreamReaders, tableOfStream } from '../tables/streamReaders.ts';
import { type LocalResource, resourcesOf } from '../template/properties.ts';
import type { ResolveContext } from '../template/resolve.ts';
import type { ServiceRequest } from '../template/resourcePolicies.ts';
import type { Template } from '../template/template.ts';
import { type MappingWorld, mappingOf } from './mappings.ts';
import { startSchedule } from './ruleSchedule.ts';
import { fire, isMatch, ruleOf, type TargetWorld } from './rules.ts';
import { type Source, startSqsSource } from './sqsSource.ts';
import type { StreamPositions } from './streamPositions.ts';
import { startStreamSource } from './streamSource.ts';

export interface SourceOptions {
  readonly region: string;
  readonly accountId: string;
  readonly maxEnvironments: number;
  readonly sqs: SQSClient;
  readonly polled: Polled;
  /** Functions by their names, which `Ref` gives. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  /** The table server's streams, by the ARNs that the template uses. */
  readonly streams: ReadonlyMap<string, string>;
  readonly readers: StreamReaders;
  readonly positions: StreamPositions;
  /** Called with each event that is put on the event bus. */
  readonly listeners: Set<(event: object) => void>;
  readonly publish: (topicArn: string, message: string) => void;
  /** Whether a service of AWS may do something here. */
  readonly isAllowed: (request: ServiceRequest) => boolean;
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
    return [startSqsSource(options.polled.queues, source.mapping, target, onFault)];
  const clients = { sqs: options.sqs, streams: options.polled.streams };
  const reader = options.readers.join(tableOfStream(source.mapping.streamArn));
  const positions = options.positions.of(resource.id);
  // A mapping that began in an earlier process reads all records since then, so it also reads new
  // shards from their beginning.
  const start = positions.known ? { startingPosition: 'TRIM_HORIZON' as const } : {};
  const mapping = { ...source.mapping, ...start, reader, positions };
  return [startStreamSource(clients, mapping, target, onFault)];
};

const startRule = (
  resource: LocalResource,
  world: TargetWorld,
  options: SourceOptions,
): Source[] => {
  const rule = ruleOf(resource, world);
  if (!rule) return [];
  const { schedule } = rule;
  if (rule.pattern)
    options.listeners.add((event) => {
      if (isMatch(rule, event)) fire(rule, event, world);
    });
  return schedule === undefined ? [] : [startSchedule({ ...rule, schedule }, options, world)];
};

/**
 * Starts all mappings and rules that are enabled.
 *
 * @param sources gets each source as it starts
 * @throws LocalCloudError `UNSUPPORTED_PROPERTY` for what this cloud cannot run
 */
export const startSources = (
  template: Template,
  context: ResolveContext,
  sources: Source[],
  options: SourceOptions,
): void => {
  const of = (type: string) => resourcesOf(template, [type], context);
  const queueUrls = new Map(
    of('AWS::SQS::Queue').map(({ attributes, ref }) => [attributes['Arn'] ?? '', ref]),
  );
  const mappings = of('AWS::Lambda::EventSourceMapping');
  // Each mapping has its own share, so that a flood on one queue cannot take the workers of the
  // others. A share is two at least, as on AWS.
  const share = Math.max(2, Math.floor(options.maxEnvironments / Math.max(1, mappings.length)));
  const world = { region: options.region, share, queueUrls, streams: options.streams };
  const topics = new Set(of('AWS::SNS::Topic').map(({ ref }) => ref));
  const targets: TargetWorld = {
    sqs: options.sqs,
    functions: new Map(
      [...options.functions.values()].map((each) => [each.spec.functionArn, each]),
    ),
    queueUrls,
    topicOf: (arn) => (topics.has(arn) ? (message) => options.publish(arn, message) : undefined),
    isAllowed: (action, { arn: resourceArn, roleArn }, sourceArn) =>
      options.isAllowed({
        service: 'events.amazonaws.com',
        action,
        resourceArn,
        sourceArn,
        roleArn,
      }),
    onFault: (text) => options.onLog({ functionId: 'events', pid: 0, text }),
  };
  for (const each of mappings) sources.push(...startMapping(each, world, options));
  for (const each of of('AWS::Events::Rule')) sources.push(...startRule(each, targets, options));
};
