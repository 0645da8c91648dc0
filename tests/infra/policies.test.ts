/** Each service of AWS that reaches a resource of the stack may, and in nobody else's name. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { alarmsOf } from '#infra/monitoring/alarms.ts';
import { inventoryOf } from '#infra/monitoring/inventory.ts';
import { FUNCTIONS, OPTIONAL_FUNCTIONS } from '#shared/contracts/functions.ts';
import { namedResourcesIn } from '../support/assembly.ts';
import {
  isAllowed,
  isAllowedToAdministrators,
  isAllowedToStrangers,
  those,
} from '../support/decisions.ts';
import { type Edge, edgesOf, type Resolved, resolved } from '../support/serviceEdges.ts';

let all: readonly Resolved[];
let edges: readonly Edge[];
beforeAll(() => {
  all = resolved(namedResourcesIn(inject('assemblyDir')));
  edges = edgesOf(all);
});

const kindOf = ({ principal, action }: Edge): string =>
  `${principal.startsWith('arn:') ? 'a role' : principal} ${action}`;

describe('what services do with what the stack has', () => {
  it('is looked at whole: alarms, rules, schedules, mappings, and the roles that they take', () => {
    expect([...new Set(edges.map(kindOf))].sort()).toEqual([
      'a role dynamodb:DescribeStream',
      'a role dynamodb:GetRecords',
      'a role dynamodb:GetShardIterator',
      'a role sns:Publish',
      'a role sqs:DeleteMessage',
      'a role sqs:GetQueueAttributes',
      'a role sqs:ReceiveMessage',
      'a role sqs:SendMessage',
      'cloudwatch.amazonaws.com sns:Publish',
      'events.amazonaws.com lambda:InvokeFunction',
      'events.amazonaws.com sqs:SendMessage',
      'events.amazonaws.com sts:AssumeRole',
      'lambda.amazonaws.com sts:AssumeRole',
      'scheduler.amazonaws.com sts:AssumeRole',
    ]);
    const told = edges.filter((edge) => kindOf(edge) === 'cloudwatch.amazonaws.com sns:Publish');
    expect(told).toHaveLength(
      2 * alarmsOf(inventoryOf('dev', [...FUNCTIONS, ...OPTIONAL_FUNCTIONS])).length,
    );
  });

  it('is allowed by policy', async () => {
    expect(await those(edges, async (edge) => !(await isAllowed(edge, all)))).toEqual([]);
  });

  it('is denied to the same service in the name of a stranger’s account', async () => {
    const inNames = edges.filter(({ source }) => source !== undefined);
    expect(inNames.length).toBeGreaterThan(0);
    expect(await those(inNames, (edge) => isAllowedToStrangers(edge, all))).toEqual([]);
  });

  it('is denied to the administrator of another account', async () => {
    expect(await those(edges, (edge) => isAllowedToAdministrators(edge, all))).toEqual([]);
  });
});

describe('a policy that is missing', () => {
  const without = (type: string) => all.filter((each) => each.type !== type);
  const silent = (type: string) =>
    those(edges, async (edge) => !(await isAllowed(edge, without(type))));

  it.each([
    ['AWS::SQS::QueuePolicy', /^events\S+ of \S+: sqs:SendMessage on \S+-probes$/],
    ['AWS::Lambda::Permission', /^events\S+ of \S+: lambda:InvokeFunction on \S+-timekeeper$/],
    ['AWS::IAM::Policy', /: sqs:ReceiveMessage on \S+-jobs-normal\.fifo$/],
  ])('%s is seen', async (type, edge) => {
    expect(await silent(type)).toContainEqual(expect.stringMatching(edge));
  });
});
