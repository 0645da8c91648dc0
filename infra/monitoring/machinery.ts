/** The dashboard's rows of callbacks, hosts, functions and tables. */
import { HOST_METRICS, MESH_METRICS, USAGE_METRICS } from '#shared/contracts/metrics.ts';
import type { Inventory } from './inventory.ts';
import { line, math, ofFunction, ofQueue, ofTable, own, usage } from './metrics.ts';
import type { Row, Series, Stat, Widget } from './spec.ts';

/** Posts of results, and the work of relay and timekeeper. */
export const callbacksRow = (inventory: Inventory): Row => ({
  title: 'Callbacks',
  hint: 'When callbacks are retried for long, a receiver is down. When some are given up: `sheratan callbacks`, and when the receiver is back, `sheratan callbacks replay --failed`.',
  widgets: [
    {
      title: 'Callbacks',
      view: 'lines',
      unit: 'posts',
      series: (
        [
          ['delivered', MESH_METRICS.callbacksDelivered],
          ['retried', MESH_METRICS.callbacksRetried],
          ['given up', MESH_METRICS.callbacksGivenUp],
        ] as const
      ).map(([label, name]) => line(label, own(inventory, 'reporter', name))),
    },
    {
      title: 'Oldest result on its way',
      view: 'lines',
      unit: 's',
      series: [
        line('age', ofQueue(inventory, 'results.fifo', 'ApproximateAgeOfOldestMessage', 'Maximum')),
      ],
    },
    {
      title: 'Relayed and due',
      view: 'lines',
      unit: 'jobs',
      series: [
        line('ends relayed', own(inventory, 'relay', MESH_METRICS.relayed)),
        line('due jobs sent', own(inventory, 'timekeeper', MESH_METRICS.dueSent)),
        line('deadlines missed', own(inventory, 'timekeeper', MESH_METRICS.deadlinesMissed)),
      ],
    },
  ],
});

const probing = (inventory: Inventory) => {
  const of = (label: string, name: string, stat: Stat): Series =>
    line(label, own(inventory, 'prober', name, stat));
  const share = (state: string, name: string): readonly Series[] => [
    line(state, own(inventory, 'prober', name, 'Sum'), { id: state, hidden: true }),
    math(state, `IF(total>0,100*${state}/total,0)`),
  ];
  return {
    // Each shard reports its own hosts at each of its probe runs, so counts cannot be added up:
    // only the share has a meaning.
    states: [
      line('all', own(inventory, 'prober', HOST_METRICS.hostsTotal, 'Sum'), {
        id: 'total',
        hidden: true,
      }),
      ...share('online', HOST_METRICS.hostsOnline),
      ...share('busy', HOST_METRICS.hostsBusy),
      ...share('degraded', HOST_METRICS.hostsDegraded),
      ...share('offline', HOST_METRICS.hostsOffline),
    ],
    latency: (['p50', 'p90', 'p99'] as const).map((stat) =>
      of(stat, HOST_METRICS.probeLatency, stat),
    ),
    runs: [
      of('run', HOST_METRICS.probeRunMs, 'Maximum'),
      of('cadence skew', HOST_METRICS.cadenceSkewMs, 'Maximum'),
    ],
    counts: [
      of('probes', HOST_METRICS.probes, 'Sum'),
      of('skipped', HOST_METRICS.probesSkipped, 'Sum'),
      of('inconclusive', HOST_METRICS.probesInconclusive, 'Sum'),
      of('stale hosts of a shard', HOST_METRICS.hostsStale, 'Maximum'),
      of('changes of state', HOST_METRICS.transitions, 'Sum'),
      of('duplicate ticks', HOST_METRICS.duplicateTicks, 'Sum'),
    ],
    certificates: [of('days left, the least', HOST_METRICS.certDaysLeft, 'Minimum')],
  };
};

/** States of hosts, and the runs of the prober. */
export const hostsRow = (inventory: Inventory): Row => {
  const { states, latency, runs, counts, certificates } = probing(inventory);
  return {
    title: 'Hosts',
    hint: 'Many offline at once is more often the prober’s network than the hosts: look at inconclusive probes first.',
    widgets: [
      { title: 'Hosts', view: 'stacked', unit: '%', series: states },
      { title: 'Probe latency', view: 'lines', unit: 'ms', series: latency },
      { title: 'Run of the prober', view: 'lines', unit: 'ms', series: runs },
      { title: 'Probes', view: 'lines', unit: 'probes', series: counts },
      { title: 'Certificates', view: 'numbers', unit: 'days', series: certificates },
    ],
  };
};

/** Errors, throttles, run times and concurrency of each function. */
export const functionsRow = (inventory: Inventory): Row => {
  const each = (name: string, stat: Stat): readonly Series[] =>
    inventory.functions.map((fn) => line(fn.name, ofFunction(inventory, fn.name, name, stat)));
  const share: Widget = {
    title: 'Longest run, of the timeout',
    view: 'lines',
    unit: '%',
    limits: [{ label: 'timeout', value: 100 }],
    series: inventory.functions.flatMap(({ name, timeoutSeconds }) => [
      line(name, ofFunction(inventory, name, 'Duration', 'Maximum'), { id: name, hidden: true }),
      math(name, `${name}/${timeoutSeconds * 10}`),
    ]),
  };
  return {
    title: 'Functions',
    hint: 'Errors are faults of ours: a failing job is no error here. Throttles: the account’s concurrency is used up.',
    widgets: [
      { title: 'Errors', view: 'lines', unit: 'invocations', series: each('Errors', 'Sum') },
      { title: 'Throttles', view: 'lines', unit: 'invocations', series: each('Throttles', 'Sum') },
      share,
      {
        title: 'Concurrent executions',
        view: 'stacked',
        unit: 'environments',
        series: each('ConcurrentExecutions', 'Maximum'),
      },
      {
        title: 'Invocations',
        view: 'lines',
        unit: 'invocations',
        series: each('Invocations', 'Sum'),
      },
      {
        title: 'Stream lag',
        view: 'lines',
        unit: 'ms',
        series: inventory.streamed.map((name) =>
          line(name, ofFunction(inventory, name, 'IteratorAge', 'Maximum')),
        ),
      },
    ],
  };
};

/** Conflicts, throttling and used units of the tables. */
export const tablesRow = (inventory: Inventory): Row => ({
  title: 'Tables',
  hint: 'A failed condition is a duplicate that was found and did no harm. When conflicts grow with the load, many jobs write to one account or source.',
  widgets: [
    {
      title: 'Conflicts',
      view: 'lines',
      unit: 'requests',
      series: [
        line('conflicts', usage(inventory, USAGE_METRICS.conflicts)),
        line('conditions failed', usage(inventory, USAGE_METRICS.conditionsFailed)),
      ],
    },
    {
      title: 'Throttled',
      view: 'lines',
      unit: 'requests',
      series: inventory.tables.flatMap((table) => [
        line(`${table} reads`, ofTable(inventory, table, 'ReadThrottleEvents')),
        line(`${table} writes`, ofTable(inventory, table, 'WriteThrottleEvents')),
      ]),
    },
    {
      title: 'Consumed units',
      view: 'lines',
      unit: 'units',
      series: [
        line('write', usage(inventory, USAGE_METRICS.writeUnits)),
        line('read', usage(inventory, USAGE_METRICS.readUnits)),
      ],
    },
  ],
});
