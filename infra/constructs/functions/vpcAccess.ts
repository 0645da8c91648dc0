/**
 * Puts a function into a VPC: its network interfaces, and the rights that Lambda needs for them.
 * Lambda uses the function's own role, so the function's code would have these rights, too. A
 * policy denies them to the code.
 */
import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Config } from '../../config.ts';

export interface VpcAccessProps {
  readonly fn: lambda.Function;
  readonly role: iam.Role;
  readonly functionName: string;
  readonly vpc: NonNullable<Config['vpc']>;
}

/** Actions that AWS checks without a resource. */
const LOOKS = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];
const CHANGES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:DeleteNetworkInterface',
  'ec2:UnassignPrivateIpAddresses',
];
const CREATES = 'ec2:CreateNetworkInterface';

const acknowledge = (role: iam.Role): void => {
  const of = (name: string): string => `AwsSolutions::AwsSolutions-IAM5[Resource::${name}]`;
  const ec2 = (name: string): string =>
    of(`arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:${name}`);
  Validations.of(role).acknowledge(
    { id: of('*'), reason: 'AWS checks Describe actions against no resource.' },
    { id: ec2('network-interface/*'), reason: 'An interface has no id before it is made.' },
    {
      id: ec2('*/*'),
      reason:
        'Lambda refuses a role that may not delete every interface; this is how its manual names them.',
    },
  );
};

/**
 * Puts the function into the VPC. The deployment makes the rights first: Lambda refuses the
 * function without them.
 */
export const addVpcAccess = ({ fn, role, functionName, vpc }: VpcAccessProps): void => {
  const { subnetIds, securityGroupIds, dualStack } = vpc;
  const stack = Stack.of(fn);
  const ec2 = (resource: string): string =>
    `arn:${stack.partition}:ec2:${stack.region}:${stack.account}:${resource}`;
  const named = [
    ...subnetIds.map((id) => ec2(`subnet/${id}`)),
    ...securityGroupIds.map((id) => ec2(`security-group/${id}`)),
  ];
  const allow = (actions: string[], resources: string[]): void =>
    void role.addToPolicy(new iam.PolicyStatement({ actions, resources }));
  allow(LOOKS, ['*']);
  allow([CREATES], [ec2('network-interface/*'), ...named]);
  // The second form means "all interfaces" in AWS's manual; Lambda checks it before it makes an
  // interface.
  allow(CHANGES, [ec2('network-interface/*'), ec2('*/*')]);
  // By the function's name. With its ARN the policy would wait for the function, which waits for
  // the policy.
  const self = stack.formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: functionName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  role.addToPolicy(
    new iam.PolicyStatement({
      effect: iam.Effect.DENY,
      actions: [CREATES, ...CHANGES, ...LOOKS],
      resources: ['*'],
      conditions: { ArnEquals: { 'lambda:SourceFunctionArn': self } },
    }),
  );
  acknowledge(role);
  // The `vpc` of the CDK's construct would look the network up in the account, or ask for its
  // zones.
  (fn.node.defaultChild as lambda.CfnFunction).vpcConfig = {
    subnetIds: [...subnetIds],
    securityGroupIds: [...securityGroupIds],
    ...(dualStack && { ipv6AllowedForDualStack: true }),
  };
};
