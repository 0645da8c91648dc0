/**
 * Every way in which a service of AWS reaches a resource of the template, as requests that IAM
 * decides: the same request of a stranger's account beside it.
 */
import { identify } from '#emulator/template/identities.ts';
import { object } from '#emulator/template/properties.ts';
import { type Identity, resolve } from '#emulator/template/resolve.ts';
import type { Resource } from './assembly.ts';

export const ACCOUNT = '123456789012';
export const STRANGER = '999999999999';
const REGION = 'us-east-1';

type Properties = Readonly<Record<string, unknown>>;

/** A resource with every reference in it resolved to what AWS would call it. */
export interface Resolved {
  readonly id: string;
  readonly type: string;
  readonly ref: string;
  readonly arn: string;
  readonly properties: Properties;
}

export interface Edge {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** In whose name the service acts; undefined for a role, which is a name of its own. */
  readonly source?: string;
  /** Further keys of the request's context. */
  readonly context?: Readonly<Record<string, string>>;
}

const list = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const arnOf = (service: string, name: string): string =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;

const ARNS: Readonly<Record<string, (id: string) => string>> = {
  'AWS::Events::Rule': (id) => arnOf('events', `rule/${id}`),
  'AWS::IAM::Role': (id) => `arn:aws:iam::${ACCOUNT}:role/${id}`,
};

/** As the embedded cloud names them, and what has no name there. */
const identitiesOf = (resources: Readonly<Record<string, Resource>>) => {
  const place = {
    region: REGION,
    accountId: ACCOUNT,
    stackName: 'Sheratan',
    sqsEndpoint: 'https://sqs.us-east-1.amazonaws.com',
    urlsEndpoint: 'https://urls.invalid',
  };
  const known = identify({ Resources: resources }, place);
  return new Map<string, Identity>(
    [...known].map(([id, identity]) => {
      const arn = ARNS[resources[id]?.Type ?? '']?.(id);
      return [id, arn ? { ref: id, attributes: { ...identity.attributes, Arn: arn } } : identity];
    }),
  );
};

const PSEUDO = {
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::StackName': 'Sheratan',
  'AWS::URLSuffix': 'amazonaws.com',
} as const;

export const resolved = (resources: Readonly<Record<string, Resource>>): readonly Resolved[] => {
  const identities = identitiesOf(resources);
  const context = { pseudo: PSEUDO, identities };
  return Object.entries(resources).map(([id, { Type, Properties }]) => {
    const { ref = id, attributes = {} } = identities.get(id) ?? {};
    const arn = attributes['Arn'] ?? attributes['TopicArn'] ?? ref;
    return { id, type: Type, ref, arn, properties: object(resolve(Properties, context)) };
  });
};
type All = readonly Resolved[];

const SENDS: Readonly<Record<string, string>> = {
  sqs: 'sqs:SendMessage',
  sns: 'sns:Publish',
  lambda: 'lambda:InvokeFunction',
};

/** @throws RangeError for a target that no edge is known for: none is left out */
const sendTo = (arn: unknown): { readonly action: string; readonly resource: string } => {
  const action = SENDS[String(arn).split(':')[2] ?? ''];
  if (!action) throw new RangeError(`How ${String(arn)} is reached is not known here`);
  return { action, resource: String(arn) };
};

const alarmEdges = ({ properties }: Resolved): readonly Edge[] =>
  ['AlarmActions', 'OKActions', 'InsufficientDataActions']
    .flatMap((name) => list(properties[name]))
    .map((arn) => ({
      principal: 'cloudwatch.amazonaws.com',
      ...sendTo(arn),
      source: arnOf('cloudwatch', `alarm:${String(properties['AlarmName'])}`),
    }));

const ruleEdges = ({ id, properties }: Resolved): readonly Edge[] =>
  list(properties['Targets'])
    .map(object)
    .flatMap((target) => {
      const source = arnOf('events', `rule/${id}`);
      const events = { principal: 'events.amazonaws.com', source };
      const { Arn: dead } = object(target['DeadLetterConfig']);
      const role = target['RoleArn'];
      const via: readonly Edge[] =
        role === undefined
          ? [{ ...events, ...sendTo(target['Arn']) }]
          : [
              { ...events, action: 'sts:AssumeRole', resource: String(role) },
              { principal: String(role), ...sendTo(target['Arn']) },
            ];
      return dead === undefined ? via : [...via, { ...events, ...sendTo(dead) }];
    });

const subscriptionEdges = ({ properties }: Resolved): readonly Edge[] => {
  const { Protocol, Endpoint, TopicArn } = properties;
  if (Protocol === 'email') return [];
  return [{ principal: 'sns.amazonaws.com', ...sendTo(Endpoint), source: String(TopicArn) }];
};

const POLLS: Readonly<Record<string, readonly string[]>> = {
  sqs: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  dynamodb: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
};

/** Lambda polls, and hands over what it gives up, in the name of the function's role. */
const mappingEdges = ({ properties }: Resolved, all: All): readonly Edge[] => {
  const source = String(properties['EventSourceArn']);
  const named = String(properties['FunctionName']);
  const fn = all.find(
    ({ type, ref }) =>
      type === 'AWS::Lambda::Function' && (named === ref || named.split(':').includes(ref)),
  );
  const principal = String(fn?.properties['Role']);
  const { OnFailure } = object(properties['DestinationConfig']);
  const failures = OnFailure === undefined ? [] : [sendTo(object(OnFailure)['Destination'])];
  const polls = POLLS[source.split(':')[2] ?? ''] ?? [];
  return [...polls.map((action) => ({ action, resource: source })), ...failures].map((each) => ({
    principal,
    ...each,
  }));
};

const trusted = ({ properties }: Resolved): readonly string[] =>
  list(object(properties['AssumeRolePolicyDocument'])['Statement']).flatMap((statement) =>
    list(object(object(statement)['Principal'])['Service']).map(String),
  );

/** Lambda and CodeDeploy take a role from who may pass it, which no stranger may. */
const PASSED = ['lambda.amazonaws.com', 'codedeploy.amazonaws.com'];

/** A schedule is made later, by people; all of them take this role to send to the job queues. */
const scheduleEdges = (role: string, all: All): readonly Edge[] => {
  const group = all.find(({ type }) => type === 'AWS::Scheduler::ScheduleGroup');
  const queues = all.filter(
    ({ type, properties }) =>
      type === 'AWS::SQS::Queue' &&
      /-jobs-\w+\.fifo$|-ticks-dead$/.test(String(properties['QueueName'])),
  );
  const principal = 'scheduler.amazonaws.com';
  return [
    { principal, action: 'sts:AssumeRole', resource: role, source: group?.arn ?? '' },
    ...queues.map(({ arn }) => ({ principal: role, ...sendTo(arn) })),
  ];
};

const roleEdges = (role: Resolved, all: All): readonly Edge[] =>
  trusted(role).flatMap((principal): readonly Edge[] => {
    if (principal === 'scheduler.amazonaws.com') return scheduleEdges(role.arn, all);
    // Told by the rule that takes it.
    if (principal === 'events.amazonaws.com') return [];
    if (!PASSED.includes(principal))
      throw new RangeError(`${role.id}: how ${principal} takes a role is not known here`);
    return [{ principal, action: 'sts:AssumeRole', resource: role.arn }];
  });

const EDGES: Readonly<Record<string, (resource: Resolved, all: All) => readonly Edge[]>> = {
  'AWS::CloudWatch::Alarm': alarmEdges,
  'AWS::Events::Rule': ruleEdges,
  'AWS::SNS::Subscription': subscriptionEdges,
  'AWS::Lambda::EventSourceMapping': mappingEdges,
  'AWS::IAM::Role': roleEdges,
};

/** Properties by which a service would reach something in a way that is not looked at above. */
const UNKNOWN_WAYS: Readonly<Record<string, readonly string[]>> = {
  'AWS::S3::Bucket': ['NotificationConfiguration'],
  'AWS::Lambda::Function': ['DeadLetterConfig'],
};

/** @throws RangeError for a way in which something is reached that is not known here */
export const edgesOf = (all: All): readonly Edge[] => {
  for (const { id, type, properties } of all)
    for (const name of UNKNOWN_WAYS[type] ?? [])
      if (properties[name] !== undefined) throw new RangeError(`${id}: ${name} is not known here`);
  return all.flatMap((each) => EDGES[each.type]?.(each, all) ?? []);
};
