/** Ten thousand jobs a second, simulated on stacks of several sizes, beside what was reckoned. */
import { concurrencyOf } from '#infra/concurrency.ts';
import type { Units } from './bounds.ts';
import { row } from './markdown.ts';
import { QUOTAS } from './quotas.ts';
import { type Brake, type Scenario, type Simulated, simulate } from './simulate.ts';
import { line, title } from './stats.ts';

interface Case {
  readonly what: string;
  readonly scenario: Scenario;
}

const MAPPING_MAX = 1_000;

const casesOf = ({ plain, paid }: Units): readonly Case[] => {
  const { jobs } = concurrencyOf({ account: 'any', maxConcurrency: {} });
  const base: Scenario = {
    offered: 10_000,
    forSeconds: 60,
    jobSeconds: 0.1,
    maxConcurrency: jobs.normal,
    executions: QUOTAS.executions.value,
    writeUnits: QUOTAS.newTable.value,
    unitsOfJob: plain,
  };
  const wide = { ...base, maxConcurrency: MAPPING_MAX };
  const grown = { ...wide, writeUnits: QUOTAS.table.value };
  return [
    { what: 'the default settings, tables just made', scenario: base },
    { what: '`maxConcurrency.normal` 1,000', scenario: wide },
    { what: 'also tables that have grown to the quota', scenario: grown },
    { what: 'the same, jobs of 1 s', scenario: { ...grown, jobSeconds: 1 } },
    { what: 'the same, jobs of 0.1 s in 100 groups', scenario: { ...grown, groups: 100 } },
    { what: 'the same, paid jobs', scenario: { ...grown, unitsOfJob: paid } },
  ];
};

/** What the bounds say: jobs a second, without chance and without an invocation's own time. */
const reckonedOf = (scenario: Scenario): number => {
  const { offered, jobSeconds, groups, maxConcurrency, executions } = scenario;
  const atOnce = Math.min(maxConcurrency, executions) * QUOTAS.batch.value;
  return Math.min(
    offered,
    atOnce / jobSeconds,
    scenario.writeUnits / scenario.unitsOfJob,
    (groups ?? Number.POSITIVE_INFINITY) / jobSeconds,
  );
};

const WORDS: Readonly<Record<Brake, string>> = {
  groups: 'groups: one worker a group',
  maxConcurrency: '`maxConcurrency`',
  executions: "the account's executions",
  ramp: "the function's ramp",
  table: 'write units of the table',
  'in flight': 'messages in flight',
};

export interface SimulatedCase extends Case {
  readonly simulated: Simulated;
  readonly reckoned: number;
}

/** All cases, simulated; the same figures each time. */
export const simulateCases = (units: Units): readonly SimulatedCase[] =>
  casesOf(units).map((each) => ({
    ...each,
    simulated: simulate(each.scenario),
    reckoned: reckonedOf(each.scenario),
  }));

const whole = (n: number): string => n.toLocaleString('en', { maximumSignificantDigits: 3 });

const cellsOf = ({ what, simulated, reckoned }: SimulatedCase): readonly string[] => {
  const { first, lasting, jobsPerSecond, backlog } = simulated;
  return [
    what,
    first ? `${WORDS[first.brake]}, after ${first.at.toFixed(1)} s` : 'nothing',
    lasting ? WORDS[lasting] : 'nothing',
    whole(jobsPerSecond),
    whole(reckoned),
    whole(backlog),
  ];
};

/** The part of docs/costs.md about ten thousand jobs a second. */
export const simulationSection = (units: Units): string =>
  [
    '### Ten thousand jobs a second',
    '',
    'Simulated, not measured: for 60 s 10,000 jobs arrive each second by chance, each in a group of its own where nothing else',
    'is said. The queue gives out as many of a group as it can. Lambda adds 1,000 environments each 10 s. The table takes its',
    'write units, and what is beyond waits. An invocation has 20 ms of its own. `npm run bench -- simulation` runs it again.',
    '',
    row('stack', 'is met first', 'is met last', 'jobs/s', 'reckoned', 'left after 60 s'),
    row('---', '---', '---', '---:', '---:', '---:'),
    ...simulateCases(units).map((each) => row(...cellsOf(each))),
  ].join('\n');

/** Prints the cases. */
export const benchSimulation = (units: Units): readonly SimulatedCase[] => {
  title('Ten thousand jobs a second, simulated');
  const cases = simulateCases(units);
  for (const each of cases) {
    const [what = '', first, last, rate, reckoned, left] = cellsOf(each);
    line(
      what,
      `${rate} jobs/s (reckoned ${reckoned}), ${left} left; met first: ${first}; last: ${last}`,
    );
  }
  return cases;
};
