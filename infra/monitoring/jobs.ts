/** The dashboard's row of jobs: how many came, how they ended, how long they took. */
import { JOB_METRICS } from '#shared/contracts/metrics.ts';
import type { Inventory } from './inventory.ts';
import { byKind, line, math, ofQueue, own } from './metrics.ts';
import type { Row, Series, Widget } from './spec.ts';

const flow = (inventory: Inventory): Widget => {
  const { jobQueues } = inventory;
  const sent = jobQueues.map(({ jobs, queue }, index) =>
    line(`sent ${jobs}`, ofQueue(inventory, queue, 'NumberOfMessagesSent', 'Sum'), {
      id: `queue${index}`,
      hidden: true,
    }),
  );
  const of = (label: string, name: string) => line(label, own(inventory, 'worker', name));
  return {
    title: 'Jobs',
    view: 'lines',
    unit: 'jobs',
    series: [
      ...sent,
      math('sent', jobQueues.map((_, index) => `FILL(queue${index},0)`).join('+')),
      of('completed', JOB_METRICS.completed),
      of('retried', JOB_METRICS.retried),
      of('limited', JOB_METRICS.limited),
      of('dead', JOB_METRICS.dead),
      of('quarantined', JOB_METRICS.quarantined),
    ],
  };
};

const ofJobQueues = (inventory: Inventory, metric: string): readonly Series[] =>
  inventory.jobQueues.map(({ jobs, queue }) =>
    line(jobs, ofQueue(inventory, queue, metric, 'Maximum')),
  );

const times = (inventory: Inventory, title: string, metric: string): Widget => ({
  title,
  view: 'lines',
  unit: 'ms',
  series: byKind(inventory, metric, ['p50', 'p90', 'p99']),
});

/** Queues, outcomes and times of jobs. */
export const jobsRow = (inventory: Inventory): Row => ({
  title: 'Jobs',
  hint: 'When more is sent than completed for long, workers cannot keep up, or a limit holds jobs back. When jobs are dead or quarantined: `sheratan jobs`, then `sheratan why ID`.',
  widgets: [
    flow(inventory),
    {
      title: 'Age of the oldest message',
      view: 'lines',
      unit: 's',
      series: ofJobQueues(inventory, 'ApproximateAgeOfOldestMessage'),
    },
    {
      title: 'Messages waiting',
      view: 'stacked',
      unit: 'messages',
      series: ofJobQueues(inventory, 'ApproximateNumberOfMessagesVisible'),
    },
    {
      title: 'Given up, waiting for a person',
      view: 'numbers',
      unit: 'messages',
      series: inventory.deadLetters.map(({ what, queue }) =>
        line(what, ofQueue(inventory, queue, 'ApproximateNumberOfMessagesVisible', 'Maximum')),
      ),
    },
    times(inventory, 'Time to start, by kind', JOB_METRICS.timeToStart),
    times(inventory, 'Time to finish, by kind', JOB_METRICS.timeToFinish),
    {
      title: 'Attempts per job, by kind',
      view: 'lines',
      unit: 'attempts',
      series: byKind(inventory, JOB_METRICS.attempts, ['Average', 'Maximum']),
    },
    {
      title: 'Not now',
      view: 'stacked',
      unit: 'messages',
      series: (
        [
          ['parked', JOB_METRICS.parked],
          ['snoozed', JOB_METRICS.snoozed],
          ['returned', JOB_METRICS.returned],
          ['undecided', JOB_METRICS.undecided],
          ['halted', JOB_METRICS.halted],
          ['duplicate', JOB_METRICS.duplicate],
          ['cancelled', JOB_METRICS.cancelled],
        ] as const
      ).map(([label, name]) => line(label, own(inventory, 'worker', name))),
    },
  ],
});
