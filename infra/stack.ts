/** The deployment: queues by priority, the Jobs table, the data bucket, a function a verb. */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { OUTPUTS, QUEUE_OUTPUTS } from '#shared/contracts/outputs.ts';
import { PRIORITIES, type Priority, RECEIVES_MAX } from '#shared/contracts/queues.ts';
import { WORKER_TIMEOUT_SECONDS } from '#shared/contracts/worker.ts';
import type { Config } from './config.ts';
import { Announcer } from './constructs/announcer.ts';
import { DataBucket } from './constructs/dataBucket.ts';
import { HostsTable } from './constructs/hostsTable.ts';
import { JobQueue } from './constructs/jobQueue.ts';
import { JobsTable } from './constructs/jobsTable.ts';
import { LedgerTable } from './constructs/ledgerTable.ts';
import { Monitoring } from './constructs/monitoring.ts';
import { Prober } from './constructs/prober.ts';
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
    const queues = this.#jobQueues(config);
    const ledger = new LedgerTable(this, 'Ledger', {
      tableName: `sheratan-${config.stage}-ledger`,
      lanes: config.ledgerLanes,
      production,
    });
    const shared = { config, table, bucket };
    const signing = new SigningSecret(this, 'Signing', { signs: 'callbacks', config });
    const hostSigning = new SigningSecret(this, 'HostSigning', { signs: 'hosts', config });
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
    new Relay(this, 'Route', {
      ...shared,
      assetDir: `${bundles}/relay`,
      queues,
      results,
      postings,
    });
    new Timekeeper(this, 'Time', { ...shared, assetDir: `${bundles}/timekeeper`, queues, ledger });

    const { table: hosts } = new HostsTable(this, 'Hosts', {
      tableName: `sheratan-${config.stage}-hosts`,
      production,
    });
    const { probes } = new Prober(this, 'Probe', {
      config,
      assetDir: `${bundles}/prober`,
      table: hosts,
    });
    new Worker(this, 'Work', {
      ...shared,
      queues,
      ledger,
      hosts,
      probes,
      signing: hostSigning,
      assetDir: `${bundles}/worker`,
    });
    new Announcer(this, 'Announce', { config, assetDir: `${bundles}/announcer`, table: hosts });

    const { dashboardName } = new Monitoring(this, 'Monitoring', { config });
    const { group, role, deadLetterQueue } = new Scheduling(this, 'Schedules', { config, queues });

    this.#tell({
      [OUTPUTS.dashboard]: dashboardName,
      [OUTPUTS.jobsTable]: table.tableName,
      [OUTPUTS.dataBucket]: bucket.bucketName,
      [OUTPUTS.ledgerTable]: ledger.table.tableName,
      [OUTPUTS.ledgerLanes]: String(config.ledgerLanes),
      [OUTPUTS.resultsUrl]: results.queueUrl,
      [OUTPUTS.callbackSecret]: signing.secretArn,
      [OUTPUTS.hostsTable]: hosts.tableName,
      [OUTPUTS.probesUrl]: probes.queueUrl,
      [OUTPUTS.hostSecret]: hostSigning.secretArn,
      [OUTPUTS.scheduleGroup]: group.scheduleGroupName,
      [OUTPUTS.scheduleRole]: role.roleArn,
      [OUTPUTS.scheduleDeadLetters]: deadLetterQueue.queueArn,
      ...Object.fromEntries(PRIORITIES.map((p) => [QUEUE_OUTPUTS[p], queues[p].queueUrl])),
    });
  }

  #jobQueues({
    stage,
    queueRetentionDays,
    production,
  }: Config): Readonly<Record<Priority, sqs.Queue>> {
    const queueOf = (priority: Priority): sqs.Queue =>
      new JobQueue(this, `Jobs-${priority}`, {
        name: `sheratan-${stage}-jobs-${priority}`,
        // The worker's first act is to shorten it to a lease.
        consumerTimeout: Duration.seconds(WORKER_TIMEOUT_SECONDS),
        retention: Duration.days(queueRetentionDays),
        receivesMax: RECEIVES_MAX,
        production,
      }).queue;
    return Object.fromEntries(
      PRIORITIES.map((priority) => [priority, queueOf(priority)]),
    ) as Record<Priority, sqs.Queue>;
  }

  /** How clients find what this deployment consists of. */
  #tell(outputs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
