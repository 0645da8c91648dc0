/**
 * What a deployment costs, as a document: by the month from the templates, by the million jobs from
 * counted requests, both by the one list of prices. Nothing in it is measured in time, so that it is
 * the same on every machine.
 */
import { loadAssembly } from '#emulator/template/template.ts';
import {
  type FixedCosts,
  fixedCosts,
  HOURS_A_MONTH,
  sumOfCosts,
  TICK_SECONDS,
} from '#infra/monitoring/costs.ts';
import { MONITORING, type MonitoringLevel } from '#infra/monitoring/level.ts';
import { USD } from '#infra/monitoring/prices.ts';
import { KIND_METRICS } from '#shared/contracts/metrics.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { described } from '../support/described.ts';
import { besideSteps } from './besideSteps.ts';
import { boundsTable, type Units } from './bounds.ts';
import { byUrlSection, measureByUrl } from './byUrl.ts';
import { measureFeatures } from './features.ts';
import { measureHostedJobs } from './hosted.ts';
import { money, row } from './markdown.ts';
import { measurePaidJobs } from './paid.ts';
import { measurePlainJobs } from './price.ts';
import { simulationSection } from './simulation.ts';
import { title } from './stats.ts';

const MILLION = 1e6;
const BATCHES = 10;
/** So many until a payer's allowance has grown, and so many that are counted. */
const PAID_BATCHES = 20;
const WORKER_GB = 0.5;

type ByLevel = Readonly<Record<MonitoringLevel, FixedCosts>>;

const costsAt = (monitoring: MonitoringLevel): FixedCosts =>
  fixedCosts(loadAssembly(described({ monitoring })).template.Resources);

/** US$ a month of a stage at each level of monitoring. */
export const costsByLevel = (): ByLevel => ({
  none: costsAt('none'),
  basic: costsAt('basic'),
  full: costsAt('full'),
});

interface JobCost {
  readonly what: string;
  readonly writeUnits: number;
  readonly queueRequests: number;
  readonly invocations: number;
}

/**
 * Plain jobs by the size of their batch, and features on top of them, as they were measured. A test
 * measures them again: what races for a condition is some hundredths more or less each time.
 */
export const COUNTED = {
  plain: [
    { batchSize: 10, writeUnits: 2, queueRequests: 0.1 },
    { batchSize: 1, writeUnits: 2, queueRequests: 1 },
  ],
  features: [
    { what: 'a retry', writeUnits: 5, queueRequests: 0.2 },
    { what: 'a dependency', writeUnits: 5, queueRequests: 0 },
    { what: 'a delay', writeUnits: 1, queueRequests: 0.2 },
    { what: 'a rate limit, not reached', writeUnits: 0.1, queueRequests: 0 },
    { what: 'a rate limit, made to wait', writeUnits: 1.1, queueRequests: 0.2 },
    { what: 'a concurrency limit', writeUnits: 2, queueRequests: 0 },
    { what: '10 steps', writeUnits: 10, queueRequests: 0 },
    { what: 'a sleep of a minute', writeUnits: 2, queueRequests: 0.2 },
    { what: 'a sleep of half an hour', writeUnits: 4, queueRequests: 1.3 },
    {
      what: 'a wait for a signal, and a delayed job that sends it',
      writeUnits: 5,
      queueRequests: 0.76,
    },
    { what: 'a callback', writeUnits: 1, queueRequests: 0.1 },
    { what: 'a price', writeUnits: 3.9, queueRequests: 0.3 },
    { what: 'the statements of a price', writeUnits: 3.04, queueRequests: 0 },
    { what: 'a host that runs it', writeUnits: 3, queueRequests: 0 },
  ],
  byUrl: [
    { what: 'a link is opened', fn: 'signals', writeUnits: 0, readUnits: 0, queueRequests: 0 },
    { what: 'a link is answered', fn: 'signals', writeUnits: 1, readUnits: 0, queueRequests: 0 },
    { what: 'a job is sent', fn: 'api', writeUnits: 0, readUnits: 0, queueRequests: 1 },
    { what: 'a job is read', fn: 'api', writeUnits: 0, readUnits: 1, queueRequests: 0 },
  ],
} as const;

/** The same, measured now. */
export const count = async () => {
  const plain = await measurePlainJobs(BATCHES);
  // The first one is a plain job.
  const [, ...features] = Object.entries(await measureFeatures());
  const paid = await measurePaidJobs(PAID_BATCHES, PAID_BATCHES);
  const hosted = await measureHostedJobs(BATCHES);
  const byUrl = await measureByUrl();
  const [{ writeUnits: ofPlain }] = plain;
  return {
    byUrl,
    plain: plain.map(({ batchSize, writeUnits, sqsRequests: queueRequests }) => ({
      batchSize,
      writeUnits,
      queueRequests,
    })),
    features: [
      ...features.map(([what, { units: writeUnits, sqs: queueRequests }]) => ({
        what,
        writeUnits,
        queueRequests,
      })),
      { what: 'a price', writeUnits: paid.writeUnits, queueRequests: paid.queueRequests },
      { what: 'the statements of a price', writeUnits: paid.entryUnits, queueRequests: 0 },
      { what: 'a host that runs it', writeUnits: hosted.writeUnits - ofPlain, queueRequests: 0 },
    ],
  };
};

const usdOf = ({ writeUnits, queueRequests, invocations }: JobCost): number =>
  writeUnits * USD.writeUnit + queueRequests * USD.queueRequest + invocations * USD.invocation;

/** Beside what the worker asks: a send by the producer, a receive and a delete a batch by Lambda. */
const plainJobs = COUNTED.plain.map(
  ({ batchSize, writeUnits, queueRequests }): JobCost => ({
    what: batchSize === 1 ? 'a job alone in its batch' : `a job in batches of ${batchSize}`,
    writeUnits,
    queueRequests: queueRequests + 1 + 2 / batchSize,
    invocations: 1 / batchSize,
  }),
);
const features = COUNTED.features.map(
  ({ what, ...counted }): JobCost => ({ what: `+ ${what}`, ...counted, invocations: 0 }),
);
const JOBS = [...plainJobs, ...features];

const unitsOf = (...named: readonly string[]): number =>
  JOBS.filter(({ what }) => named.includes(what)).reduce((sum, each) => sum + each.writeUnits, 0);
export const UNITS: Units = {
  plain: unitsOf('a job in batches of 10'),
  paid: unitsOf('+ a price', '+ the statements of a price'),
};

const LINES: readonly (readonly [keyof FixedCosts, string])[] = [
  ['alarms', 'alarms'],
  ['dashboard', 'dashboard'],
  ['customMetrics', 'custom metrics, when all are in use'],
  ['secrets', 'two secrets'],
  ['polling', 'asking seven empty queues'],
  ['ticks', 'ticks of each minute'],
];

const monthly = (costs: ByLevel): readonly string[] => {
  const cells = (of: (each: FixedCosts) => number) =>
    MONITORING.map((level) => money(of(costs[level])));
  return [
    row('US$ a month', ...MONITORING.map((level) => `\`${level}\``)),
    row('---', ...MONITORING.map(() => '---:')),
    ...LINES.map(([key, what]) => row(what, ...cells((each) => each[key]))),
    row('**together**', ...cells(sumOfCosts)),
  ];
};

const perMillion = (): readonly string[] => [
  row('a million times', 'write units', 'queue requests', 'invocations', 'US$'),
  row('---', '---:', '---:', '---:', '---:'),
  ...JOBS.map((each) =>
    row(
      each.what,
      Number(each.writeUnits.toFixed(2)),
      Number(each.queueRequests.toFixed(2)),
      Number(each.invocations.toFixed(2)),
      money(usdOf(each) * MILLION),
    ),
  ),
];

const compute = (ms: number): string =>
  money((ms / 1_000) * WORKER_GB * USD.gigabyteSecond * MILLION);

const document = (costs: ByLevel): string => `# Costs

Made by \`npm run costs\` from the templates, counted requests and the list of prices in
[infra/monitoring/prices.ts](../infra/monitoring/prices.ts); edit tests/bench/costs.ts. US$ at list
prices of us-east-1, on demand, without tax and without the free tier.

## A stage, by the month, when nothing happens

The setting \`monitoring\` is \`full\` in a production stage and \`basic\` in any other one.

${monthly(costs).join('\n')}

- \`full\`: all alarms of [the runbook](runbook.md), the dashboard, and a custom metric for everything
  that is drawn. An alarm is paid for each metric that it reads. A custom metric is paid for the hours
  in which it is emitted: an idle stage emits about ten. Each further kind of jobs adds
  US$ ${money(KIND_METRICS.length * USD.customMetric)} a month.
- \`basic\`: ten alarms on ten metrics, for work that is lost, wrong or stands still, and one custom
  metric. CloudWatch gives an account ten metrics of alarms and ten custom metrics without charge. Where
  other stages use them up, \`basic\` costs at most US$ ${money(costs.basic.alarms + costs.basic.customMetrics)}. \`basic\` is the default, because
  a stage without alarms says nothing when jobs are lost.
- \`none\`: no alarm, no topic, no custom metric. The functions print no metrics either.
- The free tier has a million requests of queues for each month and account: US$ ${money(MILLION * USD.queueRequest)} less than
  the figure here. How often Lambda asks an empty queue is an estimate: five requests at once, each of 20 s. With
  two at once it is US$ ${money((costs.none.polling * 2) / 5)}.
- Ticks are reckoned with ${TICK_SECONDS} s each, without what the timekeeper reads (less than US$ 0.20).
- Tables, bucket and logs cost by what they hold, which is nothing at first.

In a VPC (see [Private addresses](deploying.md#private-addresses)) an interface endpoint costs
US$ ${money(HOURS_A_MONTH * USD.interfaceEndpointHour)} a month and zone, a NAT gateway US$ ${money(HOURS_A_MONTH * USD.natGatewayHour)} a month and US$ ${USD.natGatewayHour} per GB.
Gateway endpoints of DynamoDB and S3 are free.

## A million jobs

${perMillion().join('\n')}

A row that begins with \`+\` comes on top of its plain jobs, without the time of its functions and the
share of Lambda's pollers. A price is that of a payer who pays for many jobs in batches of ten. A payer
who has fewer than ${LIMITS.allowanceFromJobs} jobs in ${LIMITS.allowanceWindowMs / 1000} s has no allowance; each of these jobs needs about twice the units. The host
has 10 slots; a slot of a host with 100 needs about two units more (\`npm run bench -- slots\`). A paid
job on a host pays both rows. Reads, at a fifth of the price of a write, are left out: a plain job has
none. Add the time that the jobs take: a job of 100 ms that has a worker of 512 MB to itself
costs US$ ${compute(100)} a million, one of ten that run side by side in a batch US$ ${compute(10)}. What functions print
costs US$ ${USD.logGigabyte} per GB; \`npm run bench -- mesh\` counts the bytes.

${byUrlSection(COUNTED.byUrl)}

### Steps beside other services

A million kept results of up to 1 KB, at list prices, without the time of functions:

${besideSteps().join('\n')}

What was counted is one write unit for each step. A job that waits without a message asks for nothing meanwhile.
\`npm run bench -- features\` counts again.

## Which bound comes first

Jobs a second at which one stack with the default settings and quotas of us-east-1 reaches a bound. It is reckoned
from the counts above, not measured: batches are full, and time that functions need for themselves is left out.

${boundsTable(UNITS).join('\n')}

120,000 messages in flight are reached by jobs that wait: 1,000 executions hold 10,000. What one payer, source or host
can take: [limits.md](limits.md#single-items). At and beyond 10,000 jobs a second: [several meshes](decisions/0015-cells.md).

${simulationSection(UNITS)}
`;

/** The document, from templates that are made now. */
export const costsDocument = (): string => document(costsByLevel());

export const benchCosts = async () => {
  title('Costs');
  const costs = costsByLevel();
  console.log([...monthly(costs), '', ...perMillion()].join('\n'));
  return { costs, counted: await count() };
};
