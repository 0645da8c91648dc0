import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { namedResourcesIn, type Resource, resourcesIn } from '../support/assembly.ts';
import { isAllowed, isAllowedToStrangers, those } from '../support/decisions.ts';
import { rightsFor } from '../support/handlerRights.ts';
import { edgesOf, resolved } from '../support/serviceEdges.ts';
import { EVERYTHING } from '../support/stages.ts';
import { synthesized } from '../support/synthesize.ts';

let dir: string;
let prod: readonly Resource[];
let dev: readonly Resource[];

beforeAll(async () => {
  // With the security checks, as whoever deploys it: a finding fails the synthesis.
  dir = await synthesized(EVERYTHING);
  prod = resourcesIn(dir, 'prod');
  dev = resourcesIn(inject('assemblyDir'), 'dev');
}, 600_000);

/** What holds nothing that deploying it again would not bring back; whatever is not here is kept. */
const STATELESS = [
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::CodeDeploy::Application',
  'AWS::CodeDeploy::DeploymentGroup',
  'AWS::Events::Rule',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Url',
  'AWS::Lambda::Version',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
];
/** Turns of the prober: the next minute sends them anew. */
const isPassing = ({ Properties }: Resource): boolean =>
  /-probes(?:-dead)?$/.test(String(Properties?.['QueueName']));
const keepersIn = (resources: readonly Resource[]) =>
  resources.filter((each) => !STATELESS.includes(each.Type) && !isPassing(each));
/** An alias is named within its function. */
const named = (resources: readonly Resource[]): readonly string[] =>
  resources
    .filter(({ Type }) => Type !== 'AWS::Lambda::Alias')
    .flatMap(({ Properties = {} }) =>
      ['TableName', 'QueueName', 'FunctionName', 'LogGroupName', 'Name'].flatMap((key) => {
        const name = Properties[key];
        return typeof name === 'string' ? [name] : [];
      }),
    );

describe('a production stage', () => {
  it('keeps its data whatever becomes of the stack or of a resource in it', () => {
    const kinds = new Set(keepersIn(prod).map(({ Type }) => Type));
    expect([...kinds].sort()).toEqual([
      'AWS::DynamoDB::GlobalTable',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::SQS::Queue',
      'AWS::Scheduler::ScheduleGroup',
      'AWS::SecretsManager::Secret',
    ]);
    for (const { DeletionPolicy, UpdateReplacePolicy, Type } of keepersIn(prod))
      expect([Type, DeletionPolicy, UpdateReplacePolicy]).toEqual([Type, 'Retain', 'Retain']);
  });

  it('refuses to have its tables deleted and is restorable to any second', () => {
    const tables = prod.filter(({ Type }) => Type === 'AWS::DynamoDB::GlobalTable');
    for (const { Properties } of tables)
      expect(Properties['Replicas']).toEqual([
        expect.objectContaining({
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      ]);
  });

  it('refuses to be destroyed by mistake', () => {
    const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
    expect(manifest.artifacts['Sheratan-prod'].properties.terminationProtection).toBe(true);
  });

  it('has an older version of each object in its bucket', () => {
    const bucket = prod.find(({ Type }) => Type === 'AWS::S3::Bucket');
    expect(bucket?.Properties['VersioningConfiguration']).toEqual({ Status: 'Enabled' });
  });
});

describe('a canary deployment', () => {
  it('gives a new worker a tenth of the work first, and goes back when it fails; each pool, too', () => {
    const of = (type: string) => prod.filter(({ Type }) => Type === type);
    const group = {
      DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
      AlarmConfiguration: { Enabled: true, Alarms: [{ Name: expect.anything() }] },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
      },
    };
    expect(
      of('AWS::CodeDeploy::DeploymentGroup').map(({ Properties }) => Properties),
    ).toMatchObject([group, group]);
    const moved = { UpdatePolicy: { CodeDeployLambdaAliasUpdate: expect.anything() } };
    expect(of('AWS::Lambda::Alias')).toMatchObject([moved, moved]);
    for (const name of ['worker', 'worker-heavy']) {
      const alarm = of('AWS::CloudWatch::Alarm').find(({ Properties }) =>
        String(Properties['AlarmName']).endsWith(`-${name}-rollout-errors`),
      );
      expect(alarm?.Properties).toMatchObject({ MetricName: 'Errors', Threshold: 1 });
    }
  });
});

describe('the policy of who deploys', () => {
  const { Statement } = JSON.parse(readFileSync('docs/deploy-policy.json', 'utf8')) as {
    Statement: { Action: string[]; Resource: string | string[] }[];
  };
  const isLike = (pattern: string, text: string): boolean =>
    new RegExp(`^${pattern.replace(/[.^$+?()|]/g, '\\$&').replaceAll('*', '.*')}$`).test(text);
  const allows = (statement: (typeof Statement)[number], action: string, arn: string): boolean =>
    statement.Action.some((pattern) => isLike(pattern, action)) &&
    [statement.Resource].flat().some((pattern) => isLike(pattern, arn));
  const needed = () => [
    ...rightsFor('Sheratan-prod', namedResourcesIn(dir, 'prod')),
    ...rightsOfDev(),
  ];
  const rightsOfDev = () => rightsFor('Sheratan-dev', namedResourcesIn(inject('assemblyDir')));

  it('lets CloudFormation make, change and delete all that the stages have, by its name', () => {
    const denied = needed().filter(
      ({ action, arn }) => !Statement.some((statement) => allows(statement, action, arn)),
    );
    expect(denied).toEqual([]);
  });

  it('lets it do nothing else by name, and names nothing else', () => {
    const rights = needed();
    for (const { Resource } of Statement)
      for (const resource of [Resource].flat()) {
        const here = rights.filter(({ arn }) => isLike(resource, arn));
        expect([resource, here.length > 0]).toEqual([resource, true]);
      }
    const isUsed = (pattern: string, statement: (typeof Statement)[number]): boolean =>
      rights.some(({ action, arn }) => isLike(pattern, action) && allows(statement, action, arn));
    const idle = Statement.flatMap((statement) =>
      statement.Action.filter((pattern) => !isUsed(pattern, statement)),
    );
    expect(idle).toEqual([]);
  });

  it('is about what carries the name of the stack, but for what is asked of no name', () => {
    for (const { Action, Resource } of Statement.filter((each) => each.Resource === '*'))
      expect([Resource, Action.filter((action) => action.includes('*'))]).toEqual(['*', []]);
  });
});

it('lets every service do what it has to, and no stranger', async () => {
  const all = resolved(namedResourcesIn(dir, 'prod'));
  const edges = edgesOf(all);
  const principals = new Set(edges.map(({ principal }) => principal));
  expect(principals).toContain('codedeploy.amazonaws.com');
  expect(await those(edges, async (edge) => !(await isAllowed(edge, all)))).toEqual([]);
  const inNames = edges.filter(({ source }) => source !== undefined);
  expect(await those(inNames, (edge) => isAllowedToStrangers(edge, all))).toEqual([]);
});

describe('any other stage', () => {
  it('leaves nothing behind', () => {
    // The stage in production has a pool: eight queues and the logs of one function.
    expect(keepersIn(dev)).toHaveLength(keepersIn(prod).length - 9);
    for (const { Type, DeletionPolicy } of keepersIn(dev))
      expect([Type, DeletionPolicy]).toEqual([Type, 'Delete']);
  });

  it('shares no name with production, so that both live in one account', () => {
    const taken = new Set(named(prod));
    expect(named(dev).length).toBeGreaterThan(20);
    expect(named(dev).filter((name) => taken.has(name))).toEqual([]);
  });
});

describe('the rights of every role', () => {
  const statements = (resources: readonly Resource[]) =>
    resources
      .filter(({ Type }) => Type === 'AWS::IAM::Policy')
      .flatMap(({ Properties }) => (Properties['PolicyDocument'] as { Statement: [] }).Statement)
      .map((each: { Effect: string; Action: string | string[]; Resource: unknown }) => each)
      .filter(({ Effect }) => Effect === 'Allow');
  /** AWS checks these against no resource. */
  const NAMELESS = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];

  it('name each action, and each resource as far as it has a name', () => {
    for (const { Action, Resource } of statements(prod)) {
      expect([Action].flat().filter((action) => action.includes('*'))).toEqual([]);
      if ([Resource].flat().includes('*')) expect(Action).toEqual(NAMELESS);
    }
    const nameless = ({ Resource }: { Resource: unknown }) => [Resource].flat().includes('*');
    expect(statements(dev).filter(nameless)).toEqual([]);
  });

  it('come from the stack, not from a managed policy that grants more', () => {
    const managed = prod.filter(({ Properties = {} }) => 'ManagedPolicyArns' in Properties);
    expect(
      managed.map(({ Properties }) => JSON.stringify(Properties['ManagedPolicyArns'])),
    ).toEqual([
      expect.stringContaining('service-role/AWSCodeDeployRoleForLambdaLimited'),
      expect.stringContaining('service-role/AWSCodeDeployRoleForLambdaLimited'),
    ]);
  });
});
