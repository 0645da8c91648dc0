/** Alarms of jobs, and of the callbacks that report their ends. */
import { JOB_METRICS, MESH_METRICS, WAIT_METRICS } from '#shared/contracts/metrics.ts';
import { IN_FLIGHT_MANY, IN_FLIGHT_MAX, type Priority } from '#shared/contracts/queues.ts';
import { above, minutes, SILENCE_IS_FINE, upper } from './alarmKit.ts';
import type { Inventory, JobQueueName } from './inventory.ts';
import { line, math, ofQueue, own } from './metrics.ts';
import type { AlarmSpec, Series, Stat } from './spec.ts';

/** Seconds after which a message that could be received has waited too long. */
export const AGE_SECONDS: Readonly<Record<Priority, number>> = {
  critical: 60,
  high: 300,
  normal: 1_800,
  low: 14_400,
};

/**
 * SQS's age of the oldest message also counts messages that wait on purpose, for a retry, a limit
 * or a time. The age is meaningful only while no worker asks for messages: then every visible
 * message waits in vain.
 */
const ageOfIdle = (inventory: Inventory, queue: string): readonly Series[] => {
  const of = (id: string, name: string, stat: Stat) =>
    line(id, ofQueue(inventory, queue, name, stat), { id, hidden: true });
  return [
    of('age', 'ApproximateAgeOfOldestMessage', 'Maximum'),
    of('waiting', 'ApproximateNumberOfMessagesVisible', 'Maximum'),
    of('received', 'NumberOfMessagesReceived', 'Sum'),
    of('asked', 'NumberOfEmptyReceives', 'Sum'),
    math(
      'age while nobody asks',
      'IF(FILL(received,0)+FILL(asked,0)>0,0,IF(FILL(waiting,0)>0,FILL(age,0),0))',
      { id: 'value' },
    ),
  ];
};

const count = (messages: number): string => messages.toLocaleString('en');

const severityOf = (priority: Priority): AlarmSpec['severity'] =>
  priority === 'critical' || priority === 'high' ? 'page' : 'ticket';

/** The alarm for a queue from which no worker takes jobs. */
const idleAlarm = (
  inventory: Inventory,
  { queue, priority, jobs, setting }: JobQueueName,
): AlarmSpec => ({
  id: `OldestMessage${upper(jobs)}`,
  severity: severityOf(priority),
  series: ageOfIdle(inventory, queue),
  over: AGE_SECONDS[priority],
  when: minutes(5),
  missing: SILENCE_IS_FINE,
  runbook: {
    means: `For five minutes nobody has asked for ${jobs} jobs, though some wait, and the oldest message is older than ${AGE_SECONDS[priority]} s.`,
    firstLook:
      '`sheratan doctor` (is the mapping enabled, is its target there?), then Throttles and Concurrent executions of the worker on the dashboard.',
    firstAction: `When a mapping is off, enable it, or roll the deployment back. When all workers are busy with long jobs, raise ${setting}.`,
  },
});

/**
 * The alarm for jobs that start late. It does not measure jobs that wait for a retry, a limit or a
 * time.
 */
const lateAlarm = (inventory: Inventory, priority: Priority): AlarmSpec =>
  above(
    `JobsLate${upper(priority)}`,
    severityOf(priority),
    // The minimum: a job behind another job of its group waits because of the group's order, not
    // because of load.
    own(inventory, 'worker', WAIT_METRICS[priority], 'Minimum'),
    1_000 * AGE_SECONDS[priority],
    minutes(5),
    {
      means: `For five minutes even the quickest ${priority} job has waited longer than ${AGE_SECONDS[priority]} s for its start: more jobs come than are done.`,
      firstLook:
        'Messages waiting, Throttles and Concurrent executions on the dashboard; `sheratan state` (just resumed?).',
      firstAction: `Raise maxConcurrency.${priority}. When one source floods the queue, limit it: \`sheratan limits set\`.`,
    },
  );

/** No worker takes jobs of a queue, or the jobs of a priority start too late. */
export const ageAlarms = (inventory: Inventory): readonly AlarmSpec[] =>
  inventory.jobQueues.flatMap((each) =>
    each.jobs === each.priority
      ? [idleAlarm(inventory, each), lateAlarm(inventory, each.priority)]
      : [idleAlarm(inventory, each)],
  );

/** The alarm for a FIFO queue that will soon hand out no messages, because too many are in flight. */
const inFlightAlarm = (
  inventory: Inventory,
  what: string,
  queue: string,
  firstAction: string,
): AlarmSpec =>
  above(
    `InFlight${upper(what)}`,
    'page',
    ofQueue(inventory, queue, 'ApproximateNumberOfMessagesNotVisible', 'Maximum'),
    // From this number on, not above it.
    IN_FLIGHT_MANY - 1,
    minutes(5),
    {
      means: `For five minutes ${count(IN_FLIGHT_MANY)} or more messages of ${what} have been in flight: they are with a worker, or wait for their time. At ${count(IN_FLIGHT_MAX)} SQS hands out no other message of this queue, and says nothing.`,
      firstLook:
        '`sheratan doctor` has the numbers. `sheratan state` (a source that is paused?), `sheratan limits`, `sheratan groups`: each message that waits for one of these is in flight.',
      firstAction,
    },
  );

/** One alarm for each FIFO queue. */
export const inFlightAlarms = (inventory: Inventory): readonly AlarmSpec[] => [
  ...inventory.jobQueues.map(({ jobs, queue }) =>
    inFlightAlarm(
      inventory,
      `${jobs} jobs`,
      queue,
      'Resume what is paused, raise the limit, or decide about halted groups: `sheratan resume`, `limits set`, `groups`. When a source must stay paused, let it stop sending. Jobs without a group that wait longer than 15 minutes are in the table, not in flight.',
    ),
  ),
  inFlightAlarm(
    inventory,
    'callbacks',
    'results.fifo',
    'A receiver that is down makes its callbacks wait: tell its owner. Callbacks that were given up come back with `sheratan callbacks replay --failed`.',
  ),
  inFlightAlarm(
    inventory,
    'postings',
    'postings.fifo',
    'The settler’s log says why postings come back. Fix the cause; the messages come back by themselves.',
  ),
];

/** Alarms of jobs that were refused, came back undecided, or ended dead. */
export const jobAlarms = (inventory: Inventory): readonly AlarmSpec[] => [
  above('Quarantined', 'ticket', own(inventory, 'worker', JOB_METRICS.quarantined), 0, minutes(1), {
    means: 'Somebody sent what cannot run: no JSON, an unknown kind, a payload against its schema.',
    firstLook: '`sheratan jobs` lists them with the field and the reason.',
    firstAction:
      'Tell the sender. When the reason is fixed: `sheratan redrive --status QUARANTINED`, with `--patch` where the payload is wrong.',
  }),
  above('Undecided', 'page', own(inventory, 'worker', JOB_METRICS.undecided), 0, minutes(3, 5), {
    means:
      'In three of five minutes messages came back because the worker failed before it decided about them: a fault of the mesh, or a table that is out of reach. Their groups wait.',
    firstLook:
      '`sheratan doctor` names the newest one, `sheratan why ID` its fault; the worker’s log has the stack.',
    firstAction:
      'When a table or a queue is out of reach, wait for it. When the code has a fault, roll the worker back, or fix it. The messages come back by themselves.',
  }),
  {
    id: 'DeadRate',
    severity: 'page',
    series: [
      line('dead', own(inventory, 'worker', JOB_METRICS.dead), { id: 'dead', hidden: true }),
      line('done', own(inventory, 'worker', JOB_METRICS.completed), { id: 'done', hidden: true }),
      // Each batch counts both, 0 included. FILL fills nothing where a metric never had a value.
      math('dead, in %', 'IF(dead>=5,100*dead/(dead+done),0)', { id: 'value' }),
    ],
    over: 5,
    when: minutes(3, 5),
    missing: SILENCE_IS_FINE,
    runbook: {
      means:
        'More than 5 % of the jobs that end, and at least five a minute, end dead: all their attempts failed.',
      firstLook:
        '`sheratan jobs`: one error code or many, one kind or all? Then `sheratan why ID`.',
      firstAction:
        'When a target is down: `sheratan pause --source S --reason TEXT`. When it is back: `sheratan resume --source S --reason TEXT`, and `sheratan redrive --error CODE --rate 10`.',
    },
  },
];

/** Alarms of callbacks that were given up, or that fail for long. */
export const callbackAlarms = (inventory: Inventory): readonly AlarmSpec[] => [
  above(
    'CallbacksGivenUp',
    'ticket',
    own(inventory, 'reporter', MESH_METRICS.callbacksGivenUp),
    0,
    minutes(1),
    {
      means:
        'A result could not be delivered for three days, or its address is forbidden. The mesh does not try again.',
      firstLook:
        '`sheratan callbacks`, then `sheratan callbacks show ID`: what the receiver answered.',
      firstAction: 'When the receiver is back: `sheratan callbacks replay --failed`.',
    },
  ),
  {
    id: 'CallbacksFailing',
    severity: 'ticket',
    series: [
      line('retried', own(inventory, 'reporter', MESH_METRICS.callbacksRetried), {
        id: 'retried',
        hidden: true,
      }),
      line('delivered', own(inventory, 'reporter', MESH_METRICS.callbacksDelivered), {
        id: 'delivered',
        hidden: true,
      }),
      math('failing, in %', 'IF(retried>=5,100*retried/(retried+delivered),0)', { id: 'value' }),
    ],
    over: 50,
    when: minutes(10, 15),
    missing: SILENCE_IS_FINE,
    runbook: {
      means:
        'Most posts of results have failed for ten minutes. They are kept and tried again for three days.',
      firstLook:
        'The reporter’s log: does one receiver fail, or do all? When all fail, the mesh itself cannot reach them.',
      firstAction:
        'When one receiver fails, tell its owner. When all fail, check the network (`vpc`), DNS and `outboundAllow`.',
    },
  },
];
