/** A stage in a VPC: which functions are in it, and what Lambda may do for them by their roles. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { namedResourcesIn, type Resource } from '../support/assembly.ts';
import { isAllowed } from '../support/decisions.ts';
import { ACCOUNT, type Resolved, resolved } from '../support/serviceEdges.ts';
import { synthesized } from '../support/synthesize.ts';

const VPC = {
  subnetIds: ['subnet-0a1b2c3d', 'subnet-0a1b2c3e'],
  securityGroupIds: ['sg-0a1b2c3d'],
};
const CONTEXT = [`vpc=${JSON.stringify(VPC)}`, 'outboundAllow=["10.0.0.0/16","192.168.7.0/24"]'];
const CALLING = ['prober', 'reporter', 'worker'];

let named: Readonly<Record<string, Resource>>;
let all: readonly Resolved[];
beforeAll(async () => {
  // With the security checks: a finding fails the synthesis.
  named = namedResourcesIn(await synthesized(CONTEXT));
  all = resolved(named);
}, 600_000);

const functionsIn = (resources: Readonly<Record<string, Resource>>) =>
  Object.entries(resources)
    .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
    .map(([id, { Properties }]) => {
      const verb = String(Properties['FunctionName']).replace('sheratan-dev-', '');
      return { id, verb, properties: Properties };
    });
const inVpc = (resources: Readonly<Record<string, Resource>>) =>
  functionsIn(resources)
    .filter(({ properties }) => properties['VpcConfig'] !== undefined)
    .sort((a, b) => a.verb.localeCompare(b.verb));

describe('the functions that call out', () => {
  it('are in the subnets, behind the security groups, and no other function is', () => {
    const found = inVpc(named);
    expect(found.map(({ verb }) => verb)).toEqual(CALLING);
    for (const { properties } of found)
      expect(properties['VpcConfig']).toEqual({
        SubnetIds: VPC.subnetIds,
        SecurityGroupIds: VPC.securityGroupIds,
      });
  });

  it('may call the private ranges, and only these functions know of them', () => {
    const allowed = functionsIn(named).filter(({ properties }) => {
      const { Variables } = properties['Environment'] as { Variables: Record<string, unknown> };
      return Variables['OUTBOUND_ALLOW'] === '10.0.0.0/16,192.168.7.0/24';
    });
    expect(allowed.map(({ verb }) => verb).sort()).toEqual(CALLING);
  });

  it('are in none where none is set', () => {
    expect(inVpc(namedResourcesIn(inject('assemblyDir')))).toEqual([]);
  });

  it('are made after the rights that Lambda needs to attach them', () => {
    for (const { id } of inVpc(named)) {
      const { DependsOn = [] } = named[id] as Resource & { readonly DependsOn?: string[] };
      expect(DependsOn.map((each) => named[each]?.Type)).toContain('AWS::IAM::Policy');
    }
  });
});

const AT = `arn:aws:ec2:us-east-1:${ACCOUNT}`;
/** What Lambda asks, and whether it may, in the name of a function's role. */
const ASKED: readonly (readonly [action: string, resource: string, may: boolean])[] = [
  ['ec2:DescribeNetworkInterfaces', '*', true],
  ['ec2:DescribeSubnets', '*', true],
  ['ec2:CreateNetworkInterface', `${AT}:network-interface/*`, true],
  ['ec2:CreateNetworkInterface', `${AT}:subnet/subnet-0a1b2c3e`, true],
  ['ec2:CreateNetworkInterface', `${AT}:security-group/sg-0a1b2c3d`, true],
  ['ec2:CreateNetworkInterface', `${AT}:subnet/subnet-0a1b2c3f`, false],
  ['ec2:CreateNetworkInterface', `${AT}:security-group/sg-0a1b2c3e`, false],
  ['ec2:DeleteNetworkInterface', `${AT}:network-interface/eni-0a1b2c3d`, true],
  ['ec2:AssignPrivateIpAddresses', `${AT}:network-interface/eni-0a1b2c3d`, true],
  ['ec2:UnassignPrivateIpAddresses', `${AT}:network-interface/eni-0a1b2c3d`, true],
  ['ec2:RunInstances', `${AT}:subnet/subnet-0a1b2c3e`, false],
];

describe('the role of each of them', () => {
  const rolesOf = (verbs: (verb: string) => boolean) =>
    functionsIn(named)
      .filter(({ verb }) => verbs(verb))
      .map(({ verb, id }) => {
        const role = all.find((each) => each.id === id)?.properties['Role'];
        return { verb, principal: String(role) };
      });

  it.each(ASKED)('for %s on %s: %s', async (action, resource, may) => {
    for (const { verb, principal } of rolesOf((each) => CALLING.includes(each)))
      expect([verb, await isAllowed({ principal, action, resource }, all)]).toEqual([verb, may]);
  });

  it('denies the same to the code of the function', async () => {
    for (const { verb, principal } of rolesOf((each) => CALLING.includes(each))) {
      const code = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:sheratan-dev-${verb}`;
      const context = { 'lambda:SourceFunctionArn': code };
      for (const [action, resource] of ASKED)
        expect([action, await isAllowed({ principal, action, resource, context }, all)]).toEqual([
          action,
          false,
        ]);
    }
  });

  it('is the only one that has such rights', async () => {
    for (const { verb, principal } of rolesOf((each) => !CALLING.includes(each)))
      for (const [action, resource] of ASKED)
        expect([verb, await isAllowed({ principal, action, resource }, all)]).toEqual([
          verb,
          false,
        ]);
  });
});
