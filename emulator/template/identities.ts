/**
 * The name of each resource here, known before any resource is created: so all can refer to all.
 */
import { LocalCloudError } from '../errors.ts';
import { object } from './properties.ts';
import type { Identity } from './resolve.ts';
import type { Resource, Template } from './template.ts';

export interface StackPlace {
  readonly region: string;
  readonly accountId: string;
  readonly stackName: string;
  readonly sqsEndpoint: string;
  /** Where function URLs begin; empty where there are none. */
  readonly urlsEndpoint: string;
}

type Namer = (
  id: string,
  properties: Readonly<Record<string, unknown>>,
  place: StackPlace,
  resources: Template['Resources'],
) => Identity;

const nameIn = (value: unknown, fallback: string): string =>
  typeof value === 'string' ? value : fallback;

const arn = (service: string, { region, accountId }: StackPlace, resource: string): string =>
  `arn:aws:${service}:${region}:${accountId}:${resource}`;

const bucketName = (id: string, { stackName, accountId }: StackPlace): string =>
  `${stackName}-${id}-${accountId}`
    .toLowerCase()
    .slice(-63)
    .replace(/^[^a-z0-9]+/, '');

const table: Namer = (id, { TableName }, place) => {
  const ref = nameIn(TableName, `${place.stackName}-${id}`);
  const own = arn('dynamodb', place, `table/${ref}`);
  return { ref, attributes: { Arn: own, StreamArn: `${own}/stream/local` } };
};

const functionName = (id: string, { FunctionName }: Record<string, unknown>, place: StackPlace) =>
  nameIn(FunctionName, `${place.stackName}-${id}`);

/** A version or an alias. Here each function has one version, so both are names of that version. */
const qualified =
  (qualifierOf: (properties: Readonly<Record<string, unknown>>) => string): Namer =>
  (_id, properties, place, resources) => {
    const target = String(object(properties['FunctionName'])['Ref']);
    const name = functionName(target, object(resources[target]?.Properties), place);
    const qualifier = qualifierOf(properties);
    const ref = arn('lambda', place, `function:${name}:${qualifier}`);
    return { ref, attributes: { AliasArn: ref, FunctionArn: ref, Version: qualifier } };
  };

/** For a resource that matters only on AWS: nothing is created here. */
const nominal: Namer = (id, _properties, place) => ({
  ref: `${place.stackName}-${id}`,
  attributes: { Arn: `arn:aws:local::${place.accountId}:${id}` },
});

const NAMERS: Readonly<Record<string, Namer>> = {
  'AWS::SQS::Queue': (id, { QueueName }, place) => {
    const name = nameIn(QueueName, `${place.stackName}-${id}`);
    const ref = `${place.sqsEndpoint}/${place.accountId}/${name}`;
    return { ref, attributes: { Arn: arn('sqs', place, name), QueueName: name, QueueUrl: ref } };
  },
  'AWS::S3::Bucket': (id, { BucketName }, place) => {
    const ref = nameIn(BucketName, bucketName(id, place));
    return { ref, attributes: { Arn: `arn:aws:s3:::${ref}` } };
  },
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::Lambda::Function': (id, properties, place) => {
    const ref = functionName(id, properties, place);
    return { ref, attributes: { Arn: arn('lambda', place, `function:${ref}`) } };
  },
  'AWS::Lambda::Url': (id, _properties, place) => ({
    ref: `${place.stackName}-${id}`,
    attributes: { FunctionUrl: `${place.urlsEndpoint}/${id}/` },
  }),
  'AWS::SecretsManager::Secret': (id, { Name }, place) => {
    const ref = arn('secretsmanager', place, `secret:${nameIn(Name, id)}-local0`);
    return { ref, attributes: { Arn: ref, Id: ref } };
  },
  'AWS::Scheduler::ScheduleGroup': (id, { Name }, place) => {
    const ref = nameIn(Name, `${place.stackName}-${id}`);
    return { ref, attributes: { Arn: arn('scheduler', place, `schedule-group/${ref}`) } };
  },
  'AWS::SNS::Topic': (id, { TopicName }, place) => {
    const name = nameIn(TopicName, `${place.stackName}-${id}`);
    const ref = arn('sns', place, name);
    return { ref, attributes: { TopicArn: ref, TopicName: name } };
  },
  'AWS::SNS::TopicPolicy': nominal,
  'AWS::SNS::Subscription': nominal,
  'AWS::Lambda::Version': qualified(() => '1'),
  'AWS::Lambda::Alias': qualified(({ Name }) => String(Name)),
  'AWS::CodeDeploy::Application': nominal,
  'AWS::CodeDeploy::DeploymentGroup': nominal,
  'AWS::Lambda::EventSourceMapping': nominal,
  // Here a failed invocation by an event is not repeated.
  'AWS::Lambda::EventInvokeConfig': nominal,
  'AWS::Events::Rule': nominal,
  'AWS::IAM::Role': nominal,
  'AWS::IAM::Policy': nominal,
  'AWS::Lambda::Permission': nominal,
  'AWS::Logs::LogGroup': nominal,
  'AWS::SQS::QueuePolicy': nominal,
  'AWS::S3::BucketPolicy': nominal,
  'AWS::CloudWatch::Alarm': nominal,
  'AWS::CloudWatch::Dashboard': nominal,
  'AWS::CDK::Metadata': nominal,
};

const unknownIn = (resources: readonly (readonly [string, Resource])[]): string[] =>
  resources.flatMap(([id, { Type }]) => (NAMERS[Type] ? [] : [`${id} (${Type})`]));

/**
 * The identity of each resource, by its logical id.
 *
 * @throws LocalCloudError `UNKNOWN_RESOURCE_TYPE`, with every resource whose type this cloud does
 *   not know
 */
export const identify = (template: Template, place: StackPlace): ReadonlyMap<string, Identity> => {
  const resources = Object.entries(template.Resources);
  const unknown = unknownIn(resources);
  if (unknown.length > 0)
    throw new LocalCloudError(
      'UNKNOWN_RESOURCE_TYPE',
      `The embedded cloud does not know ${unknown.join(', ')}. Teach it in emulator/template/identities.ts; nothing is skipped silently.`,
    );
  return new Map(
    resources.map(([id, { Type, Properties = {} }]) => [
      id,
      (NAMERS[Type] ?? nominal)(id, Properties, place, template.Resources),
    ]),
  );
};
