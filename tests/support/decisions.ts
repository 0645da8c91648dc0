/** What IAM decides of a request, by an evaluator that nobody here wrote, from the template's policies. */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { object } from '#emulator/template/properties.ts';
import { ACCOUNT, type Edge, type Resolved, STRANGER } from './serviceEdges.ts';

type All = readonly Resolved[];
type Statement = Readonly<Record<string, unknown>>;

const VERSION = '2012-10-17';
const statementsOf = (document: unknown): readonly Statement[] =>
  [object(document)['Statement']].flat().map(object);

/** What SNS gives a topic that is given none: an account's own principals, and alarms, may publish. */
const topicDefault = (arn: string): Statement => ({
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: 'sns:Publish',
  Resource: arn,
  Condition: { StringEquals: { 'AWS:SourceOwner': ACCOUNT } },
});

/** A grant of Lambda's as the statement that it becomes in the function's policy. */
const permission = ({ properties }: Resolved): Statement => {
  const { Action, Principal, FunctionName, SourceArn, SourceAccount } = properties;
  const Condition = {
    ...(SourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': SourceArn } }),
    ...(SourceAccount !== undefined && { StringEquals: { 'AWS:SourceAccount': SourceAccount } }),
  };
  return {
    Effect: 'Allow',
    Principal: { Service: Principal },
    Action,
    Condition,
    Resource: FunctionName,
  };
};

const attached = (all: All, type: string, field: string, ref: string): readonly Statement[] =>
  all
    .filter((each) => each.type === type && [each.properties[field]].flat().includes(ref))
    .flatMap(({ properties }) => statementsOf(properties['PolicyDocument']));

const POLICIES: Readonly<Record<string, (target: Resolved, all: All) => readonly Statement[]>> = {
  'AWS::SQS::Queue': ({ ref }, all) => attached(all, 'AWS::SQS::QueuePolicy', 'Queues', ref),
  'AWS::SNS::Topic': ({ ref, arn }, all) => {
    const own = attached(all, 'AWS::SNS::TopicPolicy', 'Topics', ref);
    return own.length > 0 ? own : [topicDefault(arn)];
  },
  'AWS::S3::Bucket': ({ ref }, all) => attached(all, 'AWS::S3::BucketPolicy', 'Bucket', ref),
  'AWS::Lambda::Function': ({ arn }, all) =>
    all
      .filter(
        ({ type, properties }) =>
          type === 'AWS::Lambda::Permission' && properties['FunctionName'] === arn,
      )
      .map(permission),
  'AWS::IAM::Role': ({ properties }) => statementsOf(properties['AssumeRolePolicyDocument']),
};

const resourcePolicy = (arn: string, all: All) => {
  const target = all.find((each) => each.arn === arn);
  const statements = (target && POLICIES[target.type]?.(target, all)) ?? [];
  return statements.length > 0 && { resourcePolicy: { Version: VERSION, Statement: statements } };
};

/** Of a role: the inline policies that name it. */
const identityPolicies = (principal: string, all: All) =>
  all
    .filter(({ arn, type }) => type === 'AWS::IAM::Role' && arn === principal)
    .flatMap(({ ref }) => attached(all, 'AWS::IAM::Policy', 'Roles', ref))
    .map((statement, n) => ({
      name: `statement-${n}`,
      policy: { Version: VERSION, Statement: [statement] },
    }));

const contextOf = ({ source, context }: Edge, account: string) => ({
  'aws:SecureTransport': 'true',
  ...context,
  ...(source !== undefined && {
    'aws:SourceArn': source.replace(ACCOUNT, account),
    'aws:SourceAccount': account,
  }),
});

type Identities = readonly { readonly name: string; readonly policy: object }[];

const decide = async (edge: Edge, account: string, identities: Identities, all: All) => {
  const decided = await runSimulation(
    {
      request: {
        principal: edge.principal,
        action: edge.action,
        resource: { resource: edge.resource, accountId: ACCOUNT },
        contextVariables: contextOf(edge, account),
      },
      identityPolicies: [...identities],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...resourcePolicy(edge.resource, all),
    },
    {},
  );
  if (decided.resultType === 'error') throw new Error(JSON.stringify(decided.errors));
  return decided.overallResult === 'Allowed';
};

/** Whether the template's policies let a service, or a role, do what it has to. */
export const isAllowed = (edge: Edge, all: All): Promise<boolean> =>
  decide(edge, ACCOUNT, identityPolicies(edge.principal, all), all);

/** Whether the same service may do it in the name of another account. */
export const isAllowedToStrangers = (edge: Edge, all: All): Promise<boolean> =>
  decide(edge, STRANGER, [], all);

const EVERYTHING = {
  name: 'administrator',
  policy: { Version: VERSION, Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
};

/** Whether an administrator of another account may do it. */
export const isAllowedToAdministrators = (edge: Edge, all: All): Promise<boolean> =>
  decide(
    { ...edge, principal: `arn:aws:iam::${STRANGER}:role/administrator` },
    STRANGER,
    [EVERYTHING],
    all,
  );

/** Of these, those of which it is true, in words. */
export const those = async (
  edges: readonly Edge[],
  is: (edge: Edge) => Promise<boolean>,
): Promise<readonly string[]> => {
  const words = await Promise.all(
    edges.map(async (edge) => {
      const { principal, action, resource, source } = edge;
      const from = source === undefined ? '' : ` of ${source}`;
      return (await is(edge)) ? [`${principal}${from}: ${action} on ${resource}`] : [];
    }),
  );
  return words.flat();
};
