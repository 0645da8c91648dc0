/**
 * Lists of jobs. An embedded cloud has an index of all its jobs; elsewhere a list is read by the
 * table's own indexes, and by a scan only when the reader agreed to its price.
 */
import type { Deployment } from '#client/deployment.ts';
import { USD } from '#infra/monitoring/prices.ts';
import { ATTENTION, type Attention, TERMINAL } from '#shared/contracts/jobs.ts';
import type { Listing } from '#shared/jobs/dynamo/jobPages.ts';
import { jobIdOf } from '#shared/jobs/envelope/envelope.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import type { JobIndex } from './jobIndex.ts';
import type { Answering } from './server.ts';
import type { JobLine, JobsAnswer } from './wire.ts';

/** Which jobs are wanted: every field that is given must match. */
interface JobFilter {
  readonly status?: string | undefined;
  readonly kind?: string | undefined;
  readonly source?: string | undefined;
  readonly group?: string | undefined;
  readonly mission?: string | undefined;
  readonly task?: string | undefined;
  readonly host?: string | undefined;
  readonly error?: string | undefined;
  /** Bounds of the last change, ms since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

const NAMED = ['status', 'kind', 'source', 'group', 'mission', 'task', 'host', 'error'] as const;

const timeOf = (query: URLSearchParams, name: string): number | undefined => {
  const at = Number(query.get(name) || Number.NaN);
  return Number.isNaN(at) ? undefined : at;
};

/** The filter of a query. */
const filterOf = (query: URLSearchParams): JobFilter => ({
  ...Object.fromEntries(NAMED.map((name) => [name, query.get(name) || undefined])),
  since: timeOf(query, 'since'),
  until: timeOf(query, 'until'),
});

/** A job as a row. */
const lineOf = (record: JobRecord): JobLine => {
  const { id, status, kind, source, group, priority, attempt, createdAt, updatedAt } = record;
  const { dueAt, error, missionId, taskId, host, halted } = record;
  return {
    id,
    status,
    kind,
    source,
    group,
    priority,
    attempt,
    createdAt,
    updatedAt,
    ...(dueAt !== undefined && { dueAt }),
    ...(error && { code: error.code, message: error.message }),
    ...(missionId && { mission: missionId }),
    ...(taskId && { task: taskId }),
    ...(host && { host }),
    ...(halted && { halted }),
  };
};

/** Whether a row matches. */
const matches = (filter: JobFilter, line: JobLine): boolean => {
  const { since, until, error, ...names } = filter;
  const isSame = Object.entries(names).every(
    ([name, wanted]) => wanted === undefined || Reflect.get(line, name) === wanted,
  );
  return (
    isSame &&
    (error === undefined || line.code === error) &&
    (since === undefined || line.updatedAt >= since) &&
    (until === undefined || line.updatedAt <= until)
  );
};

const isAttention = (status: string | undefined): status is Attention =>
  ATTENTION.some((each) => each === status);

/** The cheapest way to a list, and in words what the list then is. */
const wayTo = ({ status, mission, task, ...rest }: JobFilter): [Listing, string] | undefined => {
  if (mission !== undefined)
    return [{ by: 'missionId', value: mission }, `jobs of mission ${mission}, the newest first`];
  if (task !== undefined)
    return [{ by: 'taskId', value: task }, `jobs of task ${task}, the newest first`];
  if (isAttention(status))
    return [{ by: 'attention', statuses: [status] }, `${status} jobs, the latest first`];
  const isBare = Object.values(rest).every((each) => each === undefined);
  if (status === undefined && isBare)
    return [
      { by: 'attention', statuses: ATTENTION },
      'jobs that need attention: DEAD and QUARANTINED, the latest first',
    ];
  return undefined;
};

/** Jobs without a message: no list of all jobs in a state, but the ones that the table keeps. */
const PARKED: [Listing, string] = [
  { by: 'due' },
  'jobs that the table keeps without a message: parked, asleep, or waiting; the earliest due first',
];

const chosen = (query: URLSearchParams, filter: JobFilter): [Listing, string] | undefined => {
  if (query.get('list') === 'parked') return PARKED;
  if (query.get('scan') === 'yes') return [{ by: 'scan' }, 'all jobs, by a scan, in no order'];
  return wayTo(filter);
};

const byTable =
  ({ pages }: Deployment): Answering =>
  async (query): Promise<JobsAnswer> => {
    const filter = filterOf(query);
    const way = chosen(query, filter);
    if (!way) {
      const size = await pages.scanSize();
      return { kind: 'scan', ...size, usd: size.readUnits * USD.readUnit };
    }
    const [listing, found] = way;
    const cursor = query.get('cursor') ?? undefined;
    const only = (record: JobRecord): boolean => matches(filter, lineOf(record));
    const { records, ...rest } = await pages.page(listing, only, cursor);
    return { kind: 'page', found, ...rest, rows: records.map(lineOf) };
  };

const byIndex =
  (index: JobIndex): Answering =>
  (query): Promise<JobsAnswer> => {
    const filter = filterOf(query);
    const before = timeOf(query, 'cursor');
    const { rows, next } = index.page({
      text: query.get('q') ?? undefined,
      only: (line) => matches(filter, line) && (query.get('list') !== 'parked' || isOpen(line)),
      before,
    });
    return Promise.resolve({
      kind: 'page',
      found: 'the latest change first',
      rows,
      ...(next !== undefined && { next: String(next) }),
      byStatus: index.counts().byStatus,
    });
  };

const isOpen = ({ status, dueAt }: JobLine): boolean =>
  dueAt !== undefined && !TERMINAL.some((each) => each === status);

/** The list of jobs. */
export const jobsOf = (deployment: Deployment, index: JobIndex | undefined): Answering =>
  index ? byIndex(index) : byTable(deployment);

/**
 * A job by what a person has in hand: its id, an idempotency key (with its source), or the id of a
 * message.
 */
export const findOf =
  ({ store }: Deployment): Answering =>
  async (query) => {
    const text = (query.get('q') ?? '').trim();
    if (text === '') return { ids: [] };
    const source = query.get('source') || undefined;
    const ids = [text, jobIdOf({ source, idempotencyKey: text }, '')];
    const records = await Promise.all(ids.map((id) => store.get(id)));
    return { ids: records.flatMap((record) => record?.id ?? []) };
  };
