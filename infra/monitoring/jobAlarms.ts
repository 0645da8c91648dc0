/** Alarms of jobs and of the results that they send out. */
import { JOB_METRICS, MESH_METRICS } from '#shared/contracts/metrics.ts';
import { PRIORITIES, type Priority } from '#shared/contracts/queues.ts';
import { above, minutes, QUIET, upper } from './alarmKit.ts';
import type { Inventory } from './inventory.ts';
import { line, math, ofQueue, own } from './metrics.ts';
import type { AlarmSpec, Series } from './spec.ts';

const AGE_SECONDS: Readonly<Record<Priority, number>> = {
  critical: 60,
  high: 300,
  normal: 1_800,
  low: 14_400,
};

/** A message that waits out a retry or a limit is not visible, and is as old as it should be. */
const ageOfWaiting = (inventory: Inventory, priority: Priority): readonly Series[] => {
  const of = (name: string) => ofQueue(inventory, `jobs-${priority}.fifo`, name, 'Maximum');
  return [
    line('age', of('ApproximateAgeOfOldestMessage'), { id: 'age', hidden: true }),
    line('waiting', of('ApproximateNumberOfMessagesVisible'), { id: 'waiting', hidden: true }),
    math('age while some wait', 'IF(waiting>0,age,0)', { id: 'value' }),
  ];
};

export const ageAlarms = (inventory: Inventory): readonly AlarmSpec[] =>
  PRIORITIES.map((priority) => ({
    id: `OldestMessage${upper(priority)}`,
    severity: priority === 'critical' || priority === 'high' ? 'page' : 'ticket',
    series: ageOfWaiting(inventory, priority),
    over: AGE_SECONDS[priority],
    when: minutes(5),
    missing: QUIET,
    runbook: {
      means: `For five minutes ${priority} jobs have waited to be received, and the oldest message is older than ${AGE_SECONDS[priority]} s.`,
      firstLook:
        '`sheratan state` (paused?), `sheratan groups` (halted?), then Messages waiting and Concurrent executions on the dashboard.',
      firstAction: `Many groups waiting: raise maxConcurrency.${priority}. One group: it is that group’s own order; look at its first job with \`sheratan why\`.`,
    },
  }));

export const jobAlarms = (inventory: Inventory): readonly AlarmSpec[] => [
  above('Quarantined', 'ticket', own(inventory, 'worker', JOB_METRICS.quarantined), 0, minutes(1), {
    means: 'Somebody sent what cannot run: no JSON, an unknown kind, a payload against its schema.',
    firstLook: '`sheratan jobs` lists them with the field and the reason.',
    firstAction:
      'Tell the sender; when the reason is mended, `sheratan redrive --status QUARANTINED`, with `--patch` if the body is.',
  }),
  {
    id: 'DeadRate',
    severity: 'page',
    series: [
      line('dead', own(inventory, 'worker', JOB_METRICS.dead), { id: 'dead', hidden: true }),
      line('done', own(inventory, 'worker', JOB_METRICS.completed), { id: 'done', hidden: true }),
      math('dead, in %', 'IF(FILL(dead,0)>=5,100*FILL(dead,0)/(FILL(dead,0)+FILL(done,0)),0)', {
        id: 'value',
      }),
    ],
    over: 5,
    when: minutes(3, 5),
    missing: QUIET,
    runbook: {
      means:
        'More than 5 % of the jobs that end, and at least five a minute, end dead: all their attempts failed.',
      firstLook:
        '`sheratan jobs`: one error code or many, one kind or all? Then `sheratan why ID`.',
      firstAction:
        'A target that is down: `sheratan pause --source S`, and `sheratan redrive --error CODE --rate 10` when it is back.',
    },
  },
];

export const callbackAlarms = (inventory: Inventory): readonly AlarmSpec[] => [
  above(
    'CallbacksGivenUp',
    'ticket',
    own(inventory, 'reporter', MESH_METRICS.callbacksGivenUp),
    0,
    minutes(1),
    {
      means:
        'A result could not be delivered for three days, or its address is forbidden, and is tried no more.',
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
      math(
        'failing, in %',
        'IF(FILL(retried,0)>=5,100*FILL(retried,0)/(FILL(retried,0)+FILL(delivered,0)),0)',
        { id: 'value' },
      ),
    ],
    over: 50,
    when: minutes(10, 15),
    missing: QUIET,
    runbook: {
      means:
        'Most posts of results have failed for ten minutes. They are kept and tried again for three days.',
      firstLook: 'The reporter’s log: one receiver or all? All means that our way out is closed.',
      firstAction: 'One receiver: tell its owner. All: check egress, DNS and `outboundAllow`.',
    },
  },
];
