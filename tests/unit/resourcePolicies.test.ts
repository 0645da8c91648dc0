import { describe, expect, it } from 'vitest';
import { resourcePolicies } from '#emulator/template/resourcePolicies.ts';
import type { Resource, Template } from '#emulator/template/template.ts';

const QUEUE = 'arn:aws:sqs:eu-west-1:1:q';
const RULE = 'arn:aws:events:eu-west-1:1:rule/r';
const context = {
  pseudo: {},
  identities: new Map([['Q', { ref: 'https://sqs/q', attributes: { Arn: QUEUE } }]]),
};
const queue: Resource = { Type: 'AWS::SQS::Queue' };
const policyOf = (...Statement: readonly object[]): Resource => ({
  Type: 'AWS::SQS::QueuePolicy',
  Properties: { Queues: ['https://sqs/q'], PolicyDocument: { Statement } },
});
const allow = {
  Effect: 'Allow',
  Principal: { Service: 'events.amazonaws.com' },
  Action: 'sqs:SendMessage',
  Resource: QUEUE,
};
const request = {
  service: 'events.amazonaws.com',
  action: 'sqs:SendMessage',
  resourceArn: QUEUE,
  sourceArn: RULE,
};
const isAllowed = (policy: Resource | undefined, over: object = {}): boolean => {
  const Resources = { Q: queue, ...(policy && { P: policy }) };
  const template = { Resources } as Template;
  return resourcePolicies(template, context, '1')({ ...request, ...over });
};

describe('the policy of a resource', () => {
  it('must allow a service: without a policy nothing is allowed', () => {
    expect(isAllowed(undefined)).toBe(false);
    expect(isAllowed(policyOf(allow))).toBe(true);
  });

  it.each([
    ['another service', { service: 'sns.amazonaws.com' }],
    ['another action', { action: 'sqs:DeleteMessage' }],
    ['another resource', { resourceArn: `${QUEUE}2` }],
  ])('allows nothing to %s', (_what, over) => {
    expect(isAllowed(policyOf(allow), over)).toBe(false);
  });

  it('denies before it allows, and a denial of what comes without TLS hits no service', () => {
    const deny = { ...allow, Effect: 'Deny' };
    expect(isAllowed(policyOf(allow, deny))).toBe(false);
    const insecure = { Bool: { 'aws:SecureTransport': 'false' } };
    const onlyTls = { Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: QUEUE };
    expect(isAllowed(policyOf(allow, { ...onlyTls, Condition: insecure }))).toBe(true);
  });

  it.each([
    [{ ArnLike: { 'aws:SourceArn': 'arn:aws:events:*:1:rule/*' } }, true],
    [{ ArnEquals: { 'aws:SourceArn': `${RULE}2` } }, false],
    [{ StringEquals: { 'aws:SourceAccount': ['2', '1'] } }, true],
    [{ StringEquals: { 'aws:SourceAccount': '2' } }, false],
  ])('goes by its condition %j', (Condition, allowed) => {
    expect(isAllowed(policyOf({ ...allow, Condition }))).toBe(allowed);
  });

  it.each([
    ['an operator', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }],
    ['a key', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }],
    ['an element', { NotAction: 'sqs:DeleteQueue' }],
  ])('with %s that is not known here is refused by name', (_what, over) => {
    expect(() => isAllowed(policyOf({ ...allow, ...over }))).toThrow(/Policy P: .* not supported/);
  });

  it('gives way to the role that the service takes on; its denial still counts', () => {
    const role: Resource = {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [
            {
              Effect: 'Allow',
              Action: 'sts:AssumeRole',
              Principal: { Service: 'events.amazonaws.com' },
            },
          ],
        },
      },
    };
    const rights: Resource = {
      Type: 'AWS::IAM::Policy',
      Properties: {
        Roles: ['R'],
        PolicyDocument: {
          Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: QUEUE }],
        },
      },
    };
    const by = (Resources: Readonly<Record<string, Resource>>, over: object = {}) =>
      resourcePolicies(
        { Resources } as Template,
        context,
        '1',
      )({
        ...request,
        roleArn: 'R',
        ...over,
      });
    expect(by({ Q: queue, R: role, P: rights })).toBe(true);
    expect(by({ Q: queue, R: role })).toBe(false);
    expect(by({ Q: queue, P: rights })).toBe(false);
    expect(by({ Q: queue, R: role, P: rights }, { action: 'sqs:DeleteMessage' })).toBe(false);
    const denied = policyOf({ ...allow, Effect: 'Deny' });
    expect(by({ Q: queue, R: role, P: rights, D: denied })).toBe(false);
  });

  it('of the role of schedules is judged in the name of their group', () => {
    const group = 'arn:aws:scheduler:eu-west-1:1:schedule-group/sheratan-dev';
    const Condition = { StringEquals: { 'aws:SourceAccount': '1', 'aws:SourceArn': group } };
    const Resources = {
      Q: queue,
      R: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Statement: [
              {
                Effect: 'Allow',
                Action: 'sts:AssumeRole',
                Principal: { Service: 'scheduler.amazonaws.com' },
                Condition,
              },
            ],
          },
        },
      },
      P: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          Roles: ['R'],
          PolicyDocument: {
            Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: QUEUE }],
          },
        },
      },
    };
    const decide = resourcePolicies({ Resources } as Template, context, '1');
    const tick = { ...request, service: 'scheduler.amazonaws.com', roleArn: 'R' };
    expect(decide({ ...tick, sourceArn: group })).toBe(true);
    expect(decide({ ...tick, sourceArn: `${group}2` })).toBe(false);
    expect(decide({ ...tick, sourceArn: group, resourceArn: `${QUEUE}2` })).toBe(false);
    expect(decide({ ...tick, sourceArn: group, service: 'events.amazonaws.com' })).toBe(false);
  });

  it('of a function is made of its permissions', () => {
    const arn = 'arn:aws:lambda:eu-west-1:1:function:f';
    const permission: Resource = {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: arn,
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
        SourceArn: RULE,
      },
    };
    const of = { action: 'lambda:InvokeFunction', resourceArn: arn };
    expect(isAllowed(permission, of)).toBe(true);
    expect(isAllowed(permission, { ...of, sourceArn: `${RULE}2` })).toBe(false);
  });
});
