/**
 * `npm run destroy -- STAGE`: empties the data bucket of a stage that keeps nothing, and destroys its
 * stack. CloudFormation deletes no bucket that holds an object, so `cdk destroy` alone would fail.
 */
import { spawnSync } from 'node:child_process';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { S3Client } from '@aws-sdk/client-s3';
import { OUTPUTS } from '#shared/contracts/outputs.ts';
import { emptyBucket } from './emptyBucket.ts';

const [stage] = process.argv.slice(2);
if (!stage) throw new Error('Name the stage whose data and stack go: npm run destroy -- STAGE');

const StackName = `Sheratan-${stage}`;
const { Stacks: [stack] = [] } = await new CloudFormationClient().send(
  new DescribeStacksCommand({ StackName }),
);
if (stack?.EnableTerminationProtection)
  throw new Error(`${StackName} is protected from termination: its data is meant to be kept`);
const bucket = stack?.Outputs?.find(
  ({ OutputKey }) => OutputKey === OUTPUTS.dataBucket,
)?.OutputValue;
if (!bucket) throw new Error(`${StackName} has no output ${OUTPUTS.dataBucket}: is it this stack?`);
const deleted = await emptyBucket(new S3Client(), bucket);
process.stdout.write(`${deleted} objects deleted from ${bucket}\n`);
const { status } = spawnSync('cdk', ['destroy', '--force', '-c', `stage=${stage}`], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
