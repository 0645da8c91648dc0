/** The job queues: one for each priority, of the mesh and of each pool. */
import { Duration } from 'aws-cdk-lib';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { QUEUE_ENV } from '#shared/contracts/functions.ts';
import { type ByPriority, NO_POOL, POOLS_ENV, queueIn } from '#shared/contracts/pools.ts';
import { PRIORITIES, type Priority, RECEIVES_MAX } from '#shared/contracts/queues.ts';
import { WORKER_TIMEOUT_SECONDS } from '#shared/contracts/worker.ts';
import type { Config } from '../../config.ts';
import { poolKindsOf, timeoutsOf } from '../../pools.ts';
import { JobQueue } from './jobQueue.ts';

/** The queues of a mesh, and what a function needs to send to them. */
export interface JobQueues {
  /** For the kinds of no pool. */
  readonly main: ByPriority<sqs.Queue>;
  /** By the pool's name. */
  readonly ofPool: Readonly<Record<string, ByPriority<sqs.Queue>>>;
  readonly all: readonly sqs.Queue[];
  /** Variables of the functions that send jobs. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Makes the queues, directly in `scope`. */
export const jobQueues = (scope: Construct, config: Config): JobQueues => {
  const { stage, queueRetentionDays, production, pools } = config;
  const made = (pool: string, timeoutSeconds: number): ByPriority<sqs.Queue> => {
    const queueOf = (priority: Priority): sqs.Queue =>
      new JobQueue(scope, `Jobs-${priority}${pool === NO_POOL ? '' : `-${pool}`}`, {
        name: queueIn(pool, `sheratan-${stage}-jobs-${priority}.fifo`).replace(/\.fifo$/, ''),
        // The worker's first act shortens the visibility timeout to a lease.
        consumerTimeout: Duration.seconds(timeoutSeconds),
        retention: Duration.days(queueRetentionDays),
        receivesMax: RECEIVES_MAX,
        production,
      }).queue;
    return Object.fromEntries(
      PRIORITIES.map((priority) => [priority, queueOf(priority)]),
    ) as ByPriority<sqs.Queue>;
  };
  const main = made(NO_POOL, WORKER_TIMEOUT_SECONDS);
  const ofPool = Object.fromEntries(
    Object.entries(timeoutsOf(pools)).map(([name, seconds]) => [name, made(name, seconds)]),
  );
  return {
    main,
    ofPool,
    all: [main, ...Object.values(ofPool)].flatMap((queues) => Object.values(queues)),
    environment: {
      ...Object.fromEntries(PRIORITIES.map((p) => [QUEUE_ENV[p], main[p].queueUrl])),
      ...(Object.keys(pools).length > 0 && { [POOLS_ENV]: JSON.stringify(poolKindsOf(pools)) }),
    },
  };
};
