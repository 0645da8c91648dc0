/** Somebody who may do what docs/deploying.md says that the doctor needs, and nothing else. */
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';

export interface Onlooker {
  readonly env: Readonly<Record<string, string>>;
  /** Without the right to `action` from now on. */
  forbid(action: string): Promise<void>;
  remove(): Promise<void>;
}

const PolicyName = 'doctor';
const tables = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `arn:*:dynamodb:*:*:table/sheratan-*-${name}`);
const TABLES = tables('jobs', 'ledger');
const FUNCTIONS = ['arn:*:lambda:*:*:function:sheratan-*'];
// On AWS, rules of the default bus are named without it; MiniStack names the bus, and sees no rule
// in `ListTargetsByRule`.
const RULES = ['arn:*:events:*:*:rule/Sheratan-*', 'arn:*:events:*:*:rule/default/*'];
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  'cloudformation:DescribeStacks': ['arn:*:cloudformation:*:*:stack/Sheratan-*'],
  'cloudformation:ListStackResources': ['arn:*:cloudformation:*:*:stack/Sheratan-*'],
  'sqs:ReceiveMessage': ['arn:*:sqs:*:*:sheratan-*-dead.fifo'],
  'sqs:GetQueueAttributes': ['arn:*:sqs:*:*:sheratan-*'],
  // The schema of each table.
  'dynamodb:GetItem': tables('jobs', 'ledger', 'hosts'),
  'dynamodb:BatchGetItem': TABLES,
  'dynamodb:Query': TABLES.flatMap((table) => [table, `${table}/index/*`]),
  'lambda:ListEventSourceMappings': ['*'],
  'lambda:GetAccountSettings': ['*'],
  'lambda:GetFunctionConfiguration': FUNCTIONS,
  'lambda:GetFunctionConcurrency': FUNCTIONS,
  // MiniStack takes the look for a change.
  'lambda:PutFunctionConcurrency': FUNCTIONS,
  'events:DescribeRule': RULES,
  'events:ListTargetsByRule': ['*'],
  'scheduler:ListSchedules': ['*'],
  'scheduler:GetSchedule': ['arn:*:scheduler:*:*:schedule/sheratan-*/*'],
  'cloudwatch:GetMetricData': ['*'],
};

export const addOnlooker = async (UserName: string): Promise<Onlooker> => {
  const iam = new IAMClient();
  const allow = (actions: readonly string[]) => {
    const Statement = actions.map((Action) => ({
      Effect: 'Allow',
      Action,
      Resource: RIGHTS[Action],
    }));
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    return iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument }));
  };
  await iam.send(new CreateUserCommand({ UserName }));
  await allow(Object.keys(RIGHTS));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const { AccessKeyId, SecretAccessKey = '' } = AccessKey ?? {};
  return {
    env: { AWS_ACCESS_KEY_ID: AccessKeyId ?? '', AWS_SECRET_ACCESS_KEY: SecretAccessKey },
    forbid: async (action) => {
      await allow(Object.keys(RIGHTS).filter((each) => each !== action));
    },
    remove: async () => {
      await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));
      await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }));
      await iam.send(new DeleteUserCommand({ UserName }));
      iam.destroy();
    },
  };
};
