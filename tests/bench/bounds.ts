/**
 * Which bound of one stack comes first when jobs come ever faster: reckoned from what a job was
 * counted to need, and from the quotas in AWS's documents.
 */
import { concurrencyOf } from '#infra/concurrency.ts';
import { row } from './markdown.ts';
import { QUOTAS } from './quotas.ts';

const GROW = 'let the rate grow: to twice the highest rate of before, then wait half an hour';

/** Write units of a job, in the table of jobs and in the ledger's. */
export interface Units {
  readonly plain: number;
  readonly paid: number;
}

export interface Bound {
  readonly what: string;
  /** Jobs a second at which the bound is reached. */
  readonly jobs: number;
  readonly change: string;
}

/**
 * The bounds, the lowest first. Batches are full, and the jobs of a batch run side by side.
 *
 * @param seconds how long a job runs
 */
export const boundsOf = (units: Units, seconds: number): readonly Bound[] => {
  const { jobs } = concurrencyOf({ account: 'any', maxConcurrency: {} });
  const running = (executions: number) => (executions * QUOTAS.batch.value) / seconds;
  const bounds: readonly Bound[] = [
    {
      what: `jobs of normal priority: \`maxConcurrency.normal\` is ${jobs.normal}`,
      jobs: running(jobs.normal),
      change: 'the setting, up to 1,000',
    },
    {
      what: 'Lambda: 1,000 executions of the account',
      jobs: running(QUOTAS.executions.value),
      change: 'the quota; several meshes',
    },
    {
      what: 'the jobs table, just made: 4,000 write units a second',
      jobs: QUOTAS.newTable.value / units.plain,
      change: GROW,
    },
    {
      what: 'the jobs table: 40,000 write units a second',
      jobs: QUOTAS.table.value / units.plain,
      change: 'the quota',
    },
    {
      what: 'paid jobs: the ledger, just made: 4,000 write units a second',
      jobs: QUOTAS.newTable.value / units.paid,
      change: GROW,
    },
    {
      what: 'paid jobs: the ledger: 40,000 write units a second',
      jobs: QUOTAS.table.value / units.paid,
      change: 'the quota; several meshes',
    },
    {
      what: 'results above 8 KB: 3,500 puts a second of one prefix of the bucket',
      jobs: QUOTAS.puts.value,
      change: 'smaller results; S3 splits a prefix that stays busy',
    },
    {
      what: 'groups that share one partition of a queue, jobs sent one by one: 300 requests a second',
      jobs: QUOTAS.partition.value,
      change: 'more groups; send in batches of ten',
    },
    {
      what: 'a queue, sent one by one: 70,000 requests a second',
      jobs: QUOTAS.queue.value,
      change: 'send in batches of ten',
    },
  ];
  return [...bounds].sort((a, b) => a.jobs - b.jobs);
};

const SECONDS = [0.1, 1, 60] as const;

/** A table of the bounds, in the order in which jobs of the shortest time reach them. */
export const boundsTable = (units: Units): readonly string[] => {
  const columns = SECONDS.map((seconds) => boundsOf(units, seconds));
  const at = (what: string) =>
    columns.map((bounds) => {
      const jobs = bounds.find((each) => each.what === what)?.jobs ?? Number.NaN;
      return jobs.toLocaleString('en', { maximumSignificantDigits: 2 });
    });
  return [
    row('bound', ...SECONDS.map((seconds) => `jobs of ${seconds} s`), 'what to change'),
    row('---', ...SECONDS.map(() => '---:'), '---'),
    ...(columns[0] ?? []).map(({ what, change }) => row(what, ...at(what), change)),
  ];
};
