/** The parts of a deployment that are watched. A test compares this list with the template. */
import {
  ANNOUNCER_TIMEOUT_SECONDS,
  API_TIMEOUT_SECONDS,
  FUNCTIONS,
  PROBER_TIMEOUT_SECONDS,
  RELAY_TIMEOUT_SECONDS,
  REPORTER_TIMEOUT_SECONDS,
  SETTLER_TIMEOUT_SECONDS,
  SIGNALS_TIMEOUT_SECONDS,
  SNAPSHOTTER_TIMEOUT_SECONDS,
  TIMEKEEPER_TIMEOUT_SECONDS,
} from '#shared/contracts/functions.ts';
import { METRICS_NAMESPACE } from '#shared/contracts/metrics.ts';
import { NO_POOL, queueIn } from '#shared/contracts/pools.ts';
import { DEAD_LETTERS_SUFFIX, PRIORITIES, type Priority } from '#shared/contracts/queues.ts';
import { WORKER_TIMEOUT_SECONDS } from '#shared/contracts/worker.ts';

interface DeadLetters {
  readonly what: string;
  readonly queue: string;
  /** What a person does about these messages. */
  readonly action: string;
}

/** A job queue, without the prefix of the stage. */
export interface JobQueueName {
  /** Such as `jobs-normal.fifo`. */
  readonly queue: string;
  readonly priority: Priority;
  /** What its jobs are called: `normal`, and in a pool `normal heavy`. */
  readonly jobs: string;
  /** The setting that says how many workers it may have. */
  readonly setting: string;
}

export interface Inventory {
  readonly stage: string;
  /** Namespace of the functions' own metrics. */
  readonly namespace: string;
  readonly functions: readonly { readonly name: string; readonly timeoutSeconds: number }[];
  /** Functions that read a table's stream. */
  readonly streamed: readonly string[];
  /** Queues in which messages wait for a person after the system gave up on them. */
  readonly deadLetters: readonly DeadLetters[];
  /** The job queues, each with its priority. */
  readonly jobQueues: readonly JobQueueName[];
  readonly tables: readonly string[];
  readonly hasHosts: boolean;
}

const TIMEOUT_SECONDS: Readonly<Record<string, number>> = {
  worker: WORKER_TIMEOUT_SECONDS,
  relay: RELAY_TIMEOUT_SECONDS,
  timekeeper: TIMEKEEPER_TIMEOUT_SECONDS,
  reporter: REPORTER_TIMEOUT_SECONDS,
  settler: SETTLER_TIMEOUT_SECONDS,
  snapshotter: SNAPSHOTTER_TIMEOUT_SECONDS,
  prober: PROBER_TIMEOUT_SECONDS,
  announcer: ANNOUNCER_TIMEOUT_SECONDS,
  signals: SIGNALS_TIMEOUT_SECONDS,
  api: API_TIMEOUT_SECONDS,
};

const MOVE_BACK =
  'Fix the cause, then move them back with `aws sqs start-message-move-task`: nothing is done twice.';

const JOBS_BACK =
  '`sheratan jobs` shows them with their jobs. Fix the cause, then `sheratan redrive --dead-letters` brings them back, each under its id.';

const fifo = (what: string, queue: string, action = MOVE_BACK): DeadLetters => ({
  what,
  queue: `${queue}${DEAD_LETTERS_SUFFIX}`,
  action,
});

const jobQueuesOf = (pools: readonly string[]): readonly JobQueueName[] =>
  [NO_POOL, ...pools].flatMap((pool) =>
    PRIORITIES.map((priority) => {
      const own = pool === NO_POOL;
      return {
        queue: queueIn(pool, `jobs-${priority}.fifo`),
        priority,
        jobs: own ? priority : `${priority} ${pool}`,
        setting: `${own ? '' : `pools.${pool}.`}maxConcurrency.${priority}`,
      };
    }),
  );

const deadLettersOf = (queues: readonly JobQueueName[]): readonly DeadLetters[] => [
  ...queues.map(({ jobs, queue }) => fifo(`${jobs} jobs`, queue.replace(/\.fifo$/, ''), JOBS_BACK)),
  fifo('callbacks', 'results'),
  fifo('postings', 'postings'),
  {
    what: 'relayed ends',
    queue: 'relay-failures',
    action:
      'The message says where in the stream the records are. Fix the cause; then `sheratan flow ID` of the jobs in the relay’s log shows who still waits, and `sheratan redrive` or `callbacks replay` sends what is missing.',
  },
  {
    what: 'ledger blocks',
    queue: 'snapshotter-failures',
    action:
      'Within a minute the timekeeper writes what the snapshotter could not write. When LedgerLag is 0 again, delete the messages.',
  },
  {
    what: 'probe runs of shards',
    queue: 'probes-dead',
    action:
      'The prober could not handle these messages, or they are no messages of the mesh: the prober’s log says which. Fix the cause and delete the messages: the next minute sends new ones.',
  },
  {
    what: 'changes of hosts',
    queue: 'announcer-failures',
    action:
      'The message says where in the stream the commits are. The states are right (`sheratan hosts`), but their events were not published: programs that follow events must read the states again.',
  },
  {
    what: 'schedule ticks',
    queue: 'ticks-dead',
    action:
      'Each body is what the schedule gave to SendMessage; the attributes say which schedule failed, and why. Send the jobs that are still wanted, then delete the messages: `aws sqs receive-message … --query "Messages[].Body | [0]" --output text | jq -r .MessageBody | sheratan send -`.',
  },
];

/**
 * The watched parts of a stage.
 *
 * @param functions names of the deployed functions, such as `worker`
 * @param pools timeouts of the pools' functions in seconds, by the pool's name
 */
export const inventoryOf = (
  stage: string,
  functions: readonly string[] = FUNCTIONS,
  pools: Readonly<Record<string, number>> = {},
): Inventory => {
  const jobQueues = jobQueuesOf(Object.keys(pools));
  return {
    stage,
    namespace: `${METRICS_NAMESPACE}-${stage}`,
    functions: [
      ...functions.map((name) => ({ name, timeoutSeconds: TIMEOUT_SECONDS[name] ?? 0 })),
      ...Object.entries(pools).map(([pool, timeoutSeconds]) => ({
        name: `worker-${pool}`,
        timeoutSeconds,
      })),
    ],
    streamed: ['relay', 'snapshotter', 'announcer'],
    deadLetters: deadLettersOf(jobQueues),
    jobQueues,
    tables: ['jobs', 'ledger', 'hosts'],
    hasHosts: functions.includes('prober'),
  };
};

/** The physical name of a part, with the prefix of the stage. */
export const nameIn = ({ stage }: Pick<Inventory, 'stage'>, name: string): string =>
  `sheratan-${stage}-${name}`;
