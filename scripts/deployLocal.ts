/**
 * `npm run deploy:local`: bootstraps the server at AWS_ENDPOINT_URL by the CDK CLI, and deploys a stage
 * there, without alarms: no such server judges them. What is given after `--` goes to `cdklocal deploy`.
 */
import { spawnSync } from 'node:child_process';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { readEnv, text } from '#shared/kernel/env.ts';
import { addTwins } from './batchActions.ts';

const { url } = readEnv({ url: ['AWS_ENDPOINT_URL', text] });

const cdklocal = (...args: readonly string[]): void => {
  const { status, error } = spawnSync('cdklocal', args, { stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
};
cdklocal('bootstrap');
const given = process.argv.slice(2);
cdklocal('deploy', '--require-approval', 'never', '-c', 'monitoring=none', ...given);

// Without them, functions that send batches are refused there: nothing would be settled or posted.
if ((await fetch(new URL('/_ministack/health', url))).ok) {
  const { Stacks = [] } = await new CloudFormationClient().send(new DescribeStacksCommand({}));
  const names = Stacks.map(({ StackName = '' }) => StackName);
  for (const name of names.filter((each) => each.startsWith('Sheratan-'))) await addTwins(name);
}
