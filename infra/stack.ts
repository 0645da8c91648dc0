/** The deployment: queues by priority, the Jobs table, the data bucket, a function a verb. */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { PRIORITIES, type Priority, RECEIVES_MAX } from '#shared/contracts/queues.ts';
import { WORKER_TIMEOUT_SECONDS } from '#shared/contracts/worker.ts';
import type { Config } from './config.ts';
import { DataBucket } from './constructs/dataBucket.ts';
import { JobQueue } from './constructs/jobQueue.ts';
import { JobsTable } from './constructs/jobsTable.ts';
import { LedgerTable } from './constructs/ledgerTable.ts';
import { Relay } from './constructs/relay.ts';
import { Reporter } from './constructs/reporter.ts';
import { Scheduling } from './constructs/scheduling.ts';
import { Settler } from './constructs/settler.ts';
import { SigningSecret } from './constructs/signingSecret.ts';
import { Snapshotter } from './constructs/snapshotter.ts';
import { Timekeeper } from './constructs/timekeeper.ts';
import { Worker } from './constructs/worker.ts';

export interface SheratanStackProps extends StackProps {
  readonly config: Config;
  /** Directory that holds one bundled directory per function. */
  readonly bundles: string;
}

export class SheratanStack extends Stack {
  constructor(scope: Construct, id: string, { config, bundles, ...props }: SheratanStackProps) {
    super(scope, id, { ...props, terminationProtection: config.production });
    const { production } = config;
    const { table } = new JobsTable(this, 'Jobs', {
      tableName: `sheratan-${config.stage}-jobs`,
      production,
    });
    const { bucket } = new DataBucket(this, 'Data', {
      production,
      largeRetention: Duration.days(config.largeResultDays),
    });
    const queueOf = (priority: Priority): sqs.Queue =>
      new JobQueue(this, `Jobs-${priority}`, {
        name: `sheratan-${config.stage}-jobs-${priority}`,
        // AWS asks for six times the function's timeout; the worker shortens it per message.
        visibilityTimeout: Duration.seconds(6 * WORKER_TIMEOUT_SECONDS),
        retention: Duration.days(config.queueRetentionDays),
        receivesMax: RECEIVES_MAX,
      }).queue;
    const queues = Object.fromEntries(
      PRIORITIES.map((priority) => [priority, queueOf(priority)]),
    ) as Record<Priority, sqs.Queue>;
    const ledger = new LedgerTable(this, 'Ledger', {
      tableName: `sheratan-${config.stage}-ledger`,
      lanes: config.ledgerLanes,
      production,
    });
    const shared = { config, table, bucket };
    const signing = new SigningSecret(this, 'Signing', { stage: config.stage, production });
    const { results } = new Reporter(this, 'Report', {
      ...shared,
      signing,
      assetDir: `${bundles}/reporter`,
    });
    const { postings } = new Settler(this, 'Settle', {
      config,
      assetDir: `${bundles}/settler`,
      ledger,
    });
    new Snapshotter(this, 'Snapshot', { config, assetDir: `${bundles}/snapshotter`, ledger });
    new Worker(this, 'Work', { ...shared, assetDir: `${bundles}/worker`, queues, ledger });
    new Relay(this, 'Route', {
      ...shared,
      assetDir: `${bundles}/relay`,
      queues,
      results,
      postings,
    });
    new Timekeeper(this, 'Time', { ...shared, assetDir: `${bundles}/timekeeper`, queues, ledger });

    const { group, role, deadLetterQueue } = new Scheduling(this, 'Schedules', { config, queues });

    new CfnOutput(this, OUTPUTS.jobsTable, { value: table.tableName });
    new CfnOutput(this, OUTPUTS.dataBucket, { value: bucket.bucketName });
    new CfnOutput(this, OUTPUTS.ledgerTable, { value: ledger.table.tableName });
    new CfnOutput(this, OUTPUTS.ledgerLanes, { value: String(config.ledgerLanes) });
    new CfnOutput(this, OUTPUTS.resultsUrl, { value: results.queueUrl });
    new CfnOutput(this, OUTPUTS.callbackSecret, { value: signing.secretArn });
    new CfnOutput(this, OUTPUTS.scheduleGroup, { value: group.scheduleGroupName });
    new CfnOutput(this, OUTPUTS.scheduleRole, { value: role.roleArn });
    new CfnOutput(this, OUTPUTS.scheduleDeadLetters, { value: deadLetterQueue.queueArn });
    for (const priority of PRIORITIES)
      new CfnOutput(this, QUEUE_OUTPUTS[priority], { value: queues[priority].queueUrl });
  }
}
