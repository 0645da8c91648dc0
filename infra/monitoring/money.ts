/** The dashboard's rows of the ledger and of the mesh's own cost. */
import {
  JOB_METRICS,
  LEDGER_METRICS,
  MESH_METRICS,
  USAGE_METRICS,
} from '#shared/contracts/metrics.ts';
import type { Inventory } from './inventory.ts';
import { line, math, ofFunction, ofQueue, own, usage } from './metrics.ts';
import { USD } from './prices.ts';
import type { Row, Series } from './spec.ts';

/** Holds, charges, the journal and the trial balance. */
export const ledgerRow = (inventory: Inventory): Row => ({
  title: 'Ledger',
  hint: 'A difference other than 0 is a fault of the code, or the table was changed by hand: `sheratan ledger verify` names the first wrong item.',
  widgets: [
    {
      title: 'Holds, postings, releases',
      view: 'lines',
      unit: 'operations',
      series: [
        line('held', own(inventory, 'worker', LEDGER_METRICS.holdsPlaced)),
        line('posted', own(inventory, 'settler', LEDGER_METRICS.postings)),
        line('released', own(inventory, 'settler', LEDGER_METRICS.releases)),
        line('expired', own(inventory, 'timekeeper', MESH_METRICS.holdsExpired)),
        line('refused for lack of funds', own(inventory, 'worker', LEDGER_METRICS.holdsRefused)),
      ],
    },
    {
      title: 'Charges on their way',
      view: 'lines',
      unit: 'charges',
      series: [
        line('settled', own(inventory, 'settler', MESH_METRICS.chargesSettled)),
        line('came back', own(inventory, 'settler', MESH_METRICS.chargesOpen)),
        line(
          'oldest, in seconds',
          ofQueue(inventory, 'postings.fifo', 'ApproximateAgeOfOldestMessage', 'Maximum'),
        ),
      ],
    },
    {
      title: 'Journal and its stream',
      view: 'lines',
      unit: 'blocks',
      series: [
        line('written out', own(inventory, 'snapshotter', MESH_METRICS.blocksWritten)),
        line('behind', own(inventory, 'timekeeper', MESH_METRICS.ledgerLag, 'Maximum')),
        line('stream lag, in ms', ofFunction(inventory, 'snapshotter', 'IteratorAge', 'Maximum')),
      ],
    },
    {
      title: 'Trial balance',
      view: 'numbers',
      unit: 'minor units',
      series: [
        line('difference', own(inventory, 'timekeeper', LEDGER_METRICS.trialBalance, 'Maximum')),
        line('holds overdue', own(inventory, 'timekeeper', LEDGER_METRICS.holdsOverdue, 'Maximum')),
      ],
    },
  ],
});

const used = (inventory: Inventory): readonly Series[] => [
  line('jobs', own(inventory, 'worker', JOB_METRICS.completed), { id: 'jobs', hidden: true }),
  line('write units', usage(inventory, USAGE_METRICS.writeUnits), { id: 'writes', hidden: true }),
  line('read units', usage(inventory, USAGE_METRICS.readUnits), { id: 'reads', hidden: true }),
  line('queue requests', usage(inventory, USAGE_METRICS.queueRequests), {
    id: 'queues',
    hidden: true,
  }),
  line('memory and time', usage(inventory, USAGE_METRICS.gigabyteSeconds), {
    id: 'compute',
    hidden: true,
  }),
];

/** A price per million, so that rounding loses nothing. */
const perMillion = (usd: number): number => Math.round(usd * 1e10) / 1e4;

/**
 * Requests to SQS: a job's own send, and the requests of Lambda's poller. Each batch costs a
 * receive and a delete, for ten jobs at best.
 */
const QUEUES = `${perMillion(USD.queueRequest)}*(FILL(queues,0)+1.2*jobs)`;
const TABLES = `(${perMillion(USD.writeUnit)}*FILL(writes,0)+${perMillion(USD.readUnit)}*FILL(reads,0))`;
const FUNCTIONS = `(${perMillion(USD.gigabyteSecond)}*compute+${perMillion(USD.invocation)}*0.1*jobs)`;

const BY_SERVICE = [
  math('tables', `${TABLES}/jobs`),
  math('queues', `${QUEUES}/jobs`),
  math('functions', `${FUNCTIONS}/jobs`),
];

/** What the mesh's usage costs at list prices, in US$. */
export const costRow = (inventory: Inventory): Row => ({
  title: 'Cost',
  hint: 'List prices of us-east-1 for what the functions used, by the jobs that completed; without logs, storage and the free tier.',
  widgets: [
    {
      title: 'US$ per million jobs',
      view: 'numbers',
      unit: 'US$',
      series: [
        ...used(inventory),
        math('all', `(${TABLES}+${QUEUES}+${FUNCTIONS})/jobs`),
        ...BY_SERVICE,
      ],
    },
    {
      title: 'US$ per million jobs, over time',
      view: 'stacked',
      unit: 'US$',
      series: [...used(inventory), ...BY_SERVICE],
    },
    {
      title: 'US$ per hour, at this pace',
      view: 'lines',
      unit: 'US$',
      series: [
        ...used(inventory),
        math('all', `(${TABLES}+${QUEUES}+${FUNCTIONS})/1000000*3600/PERIOD(jobs)`),
      ],
    },
  ],
});
