/**
 * The shortfall "MiniStack-batch-actions": on AWS a role that may send may send batches; there the
 * batch is an action of its own. Gives each role of a stack the twins of what it may do, no more.
 */
import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import {
  DeleteRolePolicyCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const NAME = 'twins-of-batch-actions';
const TWIN: Readonly<Record<string, string>> = {
  'sqs:SendMessage': 'sqs:SendMessageBatch',
  'sqs:DeleteMessage': 'sqs:DeleteMessageBatch',
  'sqs:ChangeMessageVisibility': 'sqs:ChangeMessageVisibilityBatch',
};

const twinsOf = ({ Effect, Action, Resource }: Statement): readonly Statement[] => {
  const twins = [Action].flat().flatMap((action) => TWIN[action] ?? []);
  return Effect === 'Allow' && twins.length > 0 ? [{ Effect, Action: twins, Resource }] : [];
};

const rolesOf = async (stackName: string): Promise<readonly string[]> => {
  const client = new CloudFormationClient();
  const { StackResources = [] } = await client.send(
    new DescribeStackResourcesCommand({ StackName: stackName }),
  );
  client.destroy();
  return StackResources.filter(({ ResourceType }) => ResourceType === 'AWS::IAM::Role').map(
    ({ PhysicalResourceId = '' }) => PhysicalResourceId,
  );
};

export const addTwins = async (stackName: string): Promise<void> => {
  const iam = new IAMClient();
  for (const RoleName of await rolesOf(stackName)) {
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
    const policies = await Promise.all(
      PolicyNames.map((PolicyName) => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))),
    );
    const statements = policies.flatMap(({ PolicyDocument = '' }) =>
      (
        JSON.parse(decodeURIComponent(PolicyDocument)) as { Statement: Statement[] }
      ).Statement.flatMap(twinsOf),
    );
    if (statements.length === 0) continue;
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: NAME, PolicyDocument }));
  }
  iam.destroy();
};

export const removeTwins = async (stackName: string): Promise<void> => {
  const iam = new IAMClient();
  for (const RoleName of await rolesOf(stackName)) {
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
    if (PolicyNames.includes(NAME))
      await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: NAME }));
  }
  iam.destroy();
};
