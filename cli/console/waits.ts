/** Who waits for whom: what holds jobs back, with the jobs that it holds. Pure. */
import type { Control } from '#shared/control/state.ts';
import type { SourceUse } from '#shared/jobs/dynamo/sourceUse.ts';
import { isTerminal, type JobRecord } from '#shared/jobs/record/record.ts';
import type { WaitCause } from './wireViews.ts';

/** A host, with the jobs that have its slots. */
export interface HostUse {
  readonly id: string;
  readonly concurrency: number;
  readonly jobs: readonly string[];
}

/** What is known of the mesh at one moment. */
export interface WaitFacts {
  readonly control: Pick<Control, 'state' | 'pausedQueues' | 'pausedSources' | 'limits'>;
  /** Jobs that have not ended, and dead ones that hold their group. */
  readonly records: readonly JobRecord[];
  readonly sources: ReadonlyMap<string, SourceUse>;
  readonly hosts: readonly HostUse[];
  /** Messages in the queues of a paused priority. */
  readonly messages: ReadonlyMap<string, number>;
}

/** How each kind of cause is ordered: what a person decided comes first. */
const ORDER = ['mesh', 'queue', 'source', 'group', 'limit', 'host', 'job', 'signal'] as const;
type CauseKind = WaitCause['kind'];

type Found = { readonly kind: CauseKind; readonly name: string; readonly says: string };

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const pausedFor = (
  { priority, source }: JobRecord,
  { state, pausedQueues, pausedSources }: WaitFacts['control'],
): Found | undefined => {
  if (state === 'PAUSED') return { kind: 'mesh', name: 'mesh', says: '' };
  if (pausedQueues.includes(priority)) return { kind: 'queue', name: priority, says: '' };
  return pausedSources.includes(source) ? { kind: 'source', name: source, says: '' } : undefined;
};

/** Jobs that must end before this one: dependencies that are left, and calls. */
const neededBy = ({ dependsOn = [], pending, wait }: JobRecord): readonly Found[] => [
  ...dependsOn.flatMap((name, at): Found[] =>
    pending?.has(at) ? [{ kind: 'job', name, says: 'needs it' }] : [],
  ),
  ...(wait?.for ?? []).flatMap(({ op, job, name }): Found[] => {
    if (op === 'call' && job !== undefined) return [{ kind: 'job', name: job, says: 'called it' }];
    return op === 'signal' ? [{ kind: 'signal', name, says: '' }] : [];
  }),
];

/** A snooze whose note says that hosts had no slot. */
const FULL = /without a free slot/;

const hostsFor = ({ history, status }: JobRecord, hosts: readonly HostUse[]): readonly Found[] => {
  const { event, note = '' } = history.at(-1) ?? { event: 'claimed' };
  if (status === 'RUNNING' || event !== 'snoozed' || !FULL.test(note)) return [];
  return hosts
    .filter(({ jobs, concurrency }) => jobs.length >= concurrency)
    .map(({ id }): Found => ({ kind: 'host', name: id, says: 'found no free slot' }));
};

const limitFor = ({ status, source }: JobRecord): readonly Found[] =>
  status === 'LIMITED' ? [{ kind: 'limit', name: source, says: '' }] : [];

/** The first job of each group that holds the ones behind it. */
const headsOf = (records: readonly JobRecord[]): ReadonlyMap<string, JobRecord> => {
  const heads = new Map<string, JobRecord>();
  for (const record of records) {
    const key = `${record.priority} ${record.group}`;
    const head = heads.get(key);
    const isBefore = !head || (record.createdAt < head.createdAt && !head.halted);
    if (record.halted || isBefore) heads.set(key, record);
  }
  return heads;
};

const groupFor = (
  { id, group, priority, place }: JobRecord,
  heads: ReadonlyMap<string, JobRecord>,
): readonly Found[] => {
  const head = heads.get(`${priority} ${group}`);
  const before = place?.after ?? head?.id;
  if (before === undefined || before === id) return [];
  return head?.halted
    ? [{ kind: 'group', name: head.id, says: `behind it in ${group}` }]
    : [{ kind: 'job', name: before, says: `behind it in group ${group}` }];
};

/** All that holds a job; nothing for one that runs, or only waits for its time. */
const causesOf = (
  record: JobRecord,
  facts: WaitFacts,
  heads: ReadonlyMap<string, JobRecord>,
): readonly Found[] => {
  if (isTerminal(record.status) || record.status === 'RUNNING') return [];
  const paused = pausedFor(record, facts.control);
  return [
    ...(paused ? [paused] : []),
    ...groupFor(record, heads),
    ...limitFor(record),
    ...neededBy(record),
    ...hostsFor(record, facts.hosts),
  ];
};

const limitText = (
  { perMinute, concurrency }: WaitFacts['control']['limits'][string],
  use: SourceUse | undefined,
  now: number,
): string => {
  const ahead = Math.ceil(((use?.nextStart ?? now) - now) / 1_000);
  return [
    ...(concurrency === undefined
      ? []
      : [`${use?.jobs.length ?? 0} of ${plural(concurrency, 'slot')} in use`]),
    ...(perMinute === undefined ? [] : [`${plural(perMinute, 'start')} a minute`]),
    ...(ahead > 0 ? [`the next start is free in ${ahead} s`] : []),
  ].join('; ');
};

/** What holds by itself, whether or not a waiting job is known. */
const standing = (facts: WaitFacts, now: number): readonly Found[] => {
  const { control, sources, hosts, messages } = facts;
  const isFull = ([source, use]: readonly [string, SourceUse]): boolean => {
    const { concurrency } = control.limits[source] ?? {};
    const slots = concurrency !== undefined && use.jobs.length >= concurrency;
    return slots || (use.nextStart ?? now) > now;
  };
  return [
    ...(control.state === 'PAUSED' ? [{ kind: 'mesh', name: 'mesh', says: '' } as const] : []),
    ...control.pausedQueues.map((name) => {
      const count = messages.get(name);
      const says = count === undefined ? '' : `${plural(count, 'message')} in its queues`;
      return { kind: 'queue', name, says } as const;
    }),
    ...control.pausedSources.map((name) => ({ kind: 'source', name, says: '' }) as const),
    ...[...sources].filter(isFull).map(([name]) => ({ kind: 'limit', name, says: '' }) as const),
    ...hosts
      .filter(({ jobs, concurrency }) => jobs.length >= concurrency)
      .map(({ id: name }) => ({ kind: 'host', name, says: '' }) as const),
    ...facts.records
      .filter(({ halted }) => halted)
      .map(({ id: name }) => ({ kind: 'group', name, says: '' }) as const),
  ];
};

const WAITERS_MAX = 50;

/** How a cause is called, what it says of itself, and which jobs use what it gives. */
type Told = Pick<WaitCause, 'title' | 'why' | 'holders'>;
type Telling = (found: Found, facts: WaitFacts, now: number) => Told;

const recordOf = (id: string, { records }: WaitFacts): JobRecord | undefined =>
  records.find((record) => record.id === id);

const decided =
  (what: string): Telling =>
  ({ name, says }) => ({ title: `${what} ${name} is paused`, why: says, holders: [] });

const TOLD: Readonly<Record<CauseKind, Telling>> = {
  mesh: () => ({ title: 'The mesh is paused', why: 'no job starts', holders: [] }),
  queue: decided('Queue'),
  source: decided('Source'),
  group: ({ name }, facts) => {
    const { group = '', error } = recordOf(name, facts) ?? {};
    const why = error ? `${error.code}: ${error.message}` : '';
    return { title: `Group ${group} is halted`, why, holders: [name] };
  },
  limit: ({ name }, { control, sources }, now) => ({
    title: `Source ${name} is at its limit`,
    why: limitText(control.limits[name] ?? {}, sources.get(name), now),
    holders: sources.get(name)?.jobs ?? [],
  }),
  host: ({ name }, { hosts }) => {
    const { jobs = [], concurrency = 0 } = hosts.find(({ id }) => id === name) ?? {};
    const why = `${jobs.length} of ${plural(concurrency, 'slot')} in use`;
    return { title: `Host ${name} is full`, why, holders: jobs };
  },
  job: ({ name }, facts) => ({
    title: `Job ${name}`,
    why: recordOf(name, facts)?.status.toLowerCase() ?? '',
    holders: [name],
  }),
  signal: ({ name }) => ({
    title: `Signal "${name}"`,
    why: 'nobody has sent it yet',
    holders: [],
  }),
};

/**
 * What holds jobs back, what a person decided first, then the causes with most waiting jobs.
 *
 * @param now ms since the epoch
 */
export const waitCauses = (facts: WaitFacts, now: number): readonly WaitCause[] => {
  const heads = headsOf(facts.records);
  const byName = new Map<string, { found: Found; waiters: Map<string, string> }>();
  const causeOf = (found: Found) => {
    const key = `${found.kind} ${found.name}`;
    const cause = byName.get(key) ?? { found, waiters: new Map<string, string>() };
    byName.set(key, cause);
    return cause;
  };
  for (const found of standing(facts, now)) causeOf(found);
  for (const record of facts.records)
    for (const found of causesOf(record, facts, heads))
      causeOf(found).waiters.set(record.id, found.says);
  return [...byName.values()]
    .map(({ found, waiters }) => ({
      kind: found.kind,
      name: found.name,
      ...TOLD[found.kind](found, facts, now),
      waiters: [...waiters].slice(0, WAITERS_MAX).map(([job, says]) => ({ job, says })),
      more: Math.max(0, waiters.size - WAITERS_MAX),
    }))
    .toSorted(
      (a, b) =>
        ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || b.waiters.length - a.waiters.length,
    );
};
