/**
 * Alarms of the parts that carry the mesh: dead-letter queues, functions, streams, tables, the
 * prober.
 */
import { HOST_METRICS } from '#shared/contracts/metrics.ts';
import { above, minutes, upper } from './alarmKit.ts';
import type { Inventory } from './inventory.ts';
import { line, math, ofFunction, ofQueue, ofTable, own } from './metrics.ts';
import type { AlarmSpec } from './spec.ts';

/** One alarm for each queue of messages that the system gave up on. */
export const deadLetterAlarms = (inventory: Inventory): readonly AlarmSpec[] =>
  inventory.deadLetters.map(({ what, queue, action }) =>
    above(
      `DeadLetters${upper(what)}`,
      'page',
      ofQueue(inventory, queue, 'ApproximateNumberOfMessagesVisible', 'Maximum'),
      0,
      minutes(1),
      {
        means: `SQS or Lambda gave up on ${what}. They wait in sheratan-${inventory.stage}-${queue}, and nothing will touch them again.`,
        firstLook: `Read one without deleting it, \`aws sqs receive-message --attribute-names All --message-attribute-names All\`, and search the function’s log group for its id.`,
        firstAction: action,
      },
    ),
  );

/** One alarm for each function that falls behind its table's stream. */
export const streamAlarms = (inventory: Inventory): readonly AlarmSpec[] =>
  inventory.streamed.map((name) =>
    above(
      `StreamLag${upper(name)}`,
      'page',
      ofFunction(inventory, name, 'IteratorAge', 'Maximum'),
      60_000,
      minutes(3),
      {
        means: `The ${name} is more than a minute behind the stream of its table. The stream forgets after 24 h.`,
        firstLook: `Errors and Longest run of the ${name} on the dashboard; its log group for the record that fails.`,
        firstAction:
          'A record that fails again and again goes to the failures queue by itself. When the function fails as a whole, roll its last change back.',
      },
    ),
  );

/** Two alarms per function: errors, and refused starts. */
export const functionAlarms = (inventory: Inventory): readonly AlarmSpec[] =>
  inventory.functions.flatMap(({ name }) => [
    above(
      `Errors${upper(name)}`,
      'page',
      ofFunction(inventory, name, 'Errors', 'Sum'),
      0,
      minutes(3, 5),
      {
        means: `The ${name} threw, ran out of time or memory in three of five minutes. A job that fails is not counted here: this is a fault of the mesh.`,
        firstLook: `Logs Insights on /sheratan/sheratan-${inventory.stage}-${name}: \`filter level = "ERROR"\`, and \`Task timed out\`.`,
        firstAction:
          'After a deployment, roll back. Otherwise see first whether tables or queues refuse (Throttled, Conflicts). Messages come back by themselves.',
      },
    ),
    above(
      `Throttles${upper(name)}`,
      'ticket',
      ofFunction(inventory, name, 'Throttles', 'Sum'),
      0,
      minutes(5),
      {
        means: `Lambda has refused to start the ${name} for five minutes: the account’s or its own concurrency is used up. Nothing is lost, all is late.`,
        firstLook: 'Concurrent executions on the dashboard, beside the account’s quota.',
        firstAction:
          '`sheratan doctor` says what the functions may ask for and what the account has. Lower maxConcurrency of the low queue (an account of 10: set `account` to `small`), or have the quota raised (Service Quotas, Lambda, Concurrent executions).',
      },
    ),
  ]);

/**
 * Two alarms per table. A sum of both would have no value: DynamoDB emits a metric only when it
 * refuses something.
 */
export const tableAlarms = (inventory: Inventory): readonly AlarmSpec[] =>
  inventory.tables.flatMap((table) =>
    (['Read', 'Write'] as const).map((access) =>
      above(
        `Throttled${access}s${upper(table)}`,
        'ticket',
        ofTable(inventory, table, `${access}ThrottleEvents`),
        0,
        minutes(5),
        {
          means: `DynamoDB has refused ${access.toLowerCase()}s of the ${table} table for five minutes: load grew faster than the table’s capacity, or one key is hot.`,
          firstLook: 'CloudWatch Contributor Insights of the table: many keys or one?',
          firstAction:
            'When many keys are hot, wait: on-demand capacity doubles by itself. One hot key belongs to a payer, a source or a mission: give the source a limit with `sheratan limits set`.',
        },
      ),
    ),
  );

/** Alarms of hosts that are offline or unknown, and of the prober itself. */
export const hostAlarms = (inventory: Inventory): readonly AlarmSpec[] => [
  {
    // Each shard reports its own hosts at each of its probe runs, so counts cannot be added up:
    // only the share has a meaning.
    id: 'HostsDown',
    severity: 'page',
    series: [
      line('down', own(inventory, 'prober', HOST_METRICS.hostsOffline, 'Sum'), {
        id: 'down',
        hidden: true,
      }),
      line('all', own(inventory, 'prober', HOST_METRICS.hostsTotal, 'Sum'), {
        id: 'total',
        hidden: true,
      }),
      math('down, in %', 'IF(total>0,100*down/total,0)', { id: 'value' }),
    ],
    over: 10,
    when: minutes(2),
    missing: {
      as: 'missing',
      because:
        'Without a probe run nothing is known of the hosts. ProberDead tells of a prober that does not run.',
    },
    runbook: {
      means: 'More than one in ten of the hosts in service is offline.',
      firstLook:
        'Inconclusive probes on the dashboard: are the hosts down, or does the prober see nothing?',
      firstAction: 'Tell the owner of the hosts. Meanwhile jobs go to the other hosts.',
    },
  },
  {
    id: 'ProberDead',
    severity: 'page',
    series: [line('ticks', ofFunction(inventory, 'prober', 'Invocations', 'Sum'), { id: 'value' })],
    under: 1,
    when: minutes(3),
    missing: {
      as: 'breaching',
      because: 'A prober that does not run emits nothing, so no data is the alarm.',
    },
    runbook: {
      means: 'No probe has run for three minutes: the state of every host is old.',
      firstLook:
        'Is the rule of each minute enabled (`sheratan doctor`)? Then Errors and Throttles of the prober.',
      firstAction: 'Enable the rule. Roll back a deployment that came just before.',
    },
  },
  above(
    'ProberOverrun',
    'ticket',
    own(inventory, 'prober', HOST_METRICS.probesSkipped),
    0,
    minutes(2, 3),
    {
      means:
        'The prober had no time left for some hosts: a probe run takes longer than its interval allows.',
      firstLook:
        'Run of the prober and Probe latency on the dashboard: many slow hosts, or too many?',
      firstAction:
        'Give the prober more memory (`proberMemoryMb`), which brings more CPU. Give slow hosts a longer interval.',
    },
  ),
  above(
    'HostsStale',
    'ticket',
    own(inventory, 'prober', HOST_METRICS.hostsStale, 'Maximum'),
    0,
    minutes(5),
    {
      means:
        'Five probes in a row said nothing about some hosts in service. The state that is shown is the last known one, and jobs still use this state.',
      firstLook:
        'The prober’s log for inconclusive probes and their reason: names that do not resolve, descriptors, an address that `outboundAllow` does not name.',
      firstAction:
        'By the reason: fix the resolver, allow the address, or give the prober more memory.',
    },
  ),
];
