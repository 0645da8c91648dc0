import { describe, expect, it } from 'vitest';
import { type WaitFacts, waitCauses } from '#cli/console/waits.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';

const NOW = 1_790_000_000_000;

let made = 0;
const job = (id: string, more: Partial<JobRecord> = {}): JobRecord => {
  made += 1;
  return {
    ...{ id, kind: 'echo', status: 'SCHEDULED', attempt: 0, createdAt: made, updatedAt: made },
    ...{ messageId: id, priority: 'normal', group: id, source: 'shop', contentHash: 'c' },
    history: [],
    ...more,
  };
};

const mapOf = (records: readonly JobRecord[], more: Partial<WaitFacts> = {}) =>
  waitCauses(
    {
      control: { state: 'OPERATIONAL', pausedQueues: [], pausedSources: [], limits: {} },
      ...{ records, sources: new Map(), hosts: [], messages: new Map() },
      ...more,
    },
    NOW,
  ).map(({ kind, name, holders, waiters, why }) => ({
    cause: `${kind} ${name}`,
    holders,
    waiters: waiters.map((each) => each.job),
    why,
  }));

const control = (more: Partial<WaitFacts['control']>): Pick<WaitFacts, 'control'> => ({
  control: { state: 'OPERATIONAL', pausedQueues: [], pausedSources: [], limits: {}, ...more },
});

describe('the map of waits', () => {
  it('is empty where jobs run, or only wait for their time', () => {
    expect(mapOf([job('runs', { status: 'RUNNING' }), job('later', { dueAt: NOW + 1 })])).toEqual(
      [],
    );
  });

  it('names what a person has paused, and the jobs that it holds', () => {
    const paused = control({ pausedQueues: ['low'], pausedSources: ['office'] });
    const records = [job('a', { priority: 'low' }), job('b', { source: 'office' }), job('c')];
    expect(mapOf(records, { ...paused, messages: new Map([['low', 3]]) })).toMatchObject([
      { cause: 'queue low', waiters: ['a'], why: '3 messages in its queues' },
      { cause: 'source office', waiters: ['b'] },
    ]);
    expect(mapOf(records, control({ state: 'PAUSED' }))).toMatchObject([
      { cause: 'mesh mesh', waiters: ['a', 'b', 'c'] },
    ]);
  });

  it('names the job that holds a group: a dead one, the first one, or the one before', () => {
    const error = { code: 'NO', message: 'no', attempt: 1, at: 1 };
    const line = { group: 'line' };
    const dead = job('dead', { ...line, status: 'DEAD', halted: true, error });
    expect(mapOf([job('second', line), dead])).toEqual([
      { cause: 'group dead', holders: ['dead'], waiters: ['second'], why: 'NO: no' },
    ]);
    const first = job('first', { ...line, status: 'WAITING' });
    const third = job('third', { ...line, place: { after: 'second' } });
    expect(mapOf([first, job('second', line), third])).toMatchObject([
      { cause: 'job first', waiters: ['second'], why: 'waiting' },
      { cause: 'job second', waiters: ['third'] },
    ]);
    expect(mapOf([first, job('elsewhere', { ...line, priority: 'low' })])).toEqual([]);
  });

  it('names a source at its limit, with the jobs that have its slots', () => {
    const limits = control({ limits: { shop: { concurrency: 1, perMinute: 6 } } });
    const sources = new Map([['shop', { jobs: ['runs'], nextStart: NOW + 7_500 }]]);
    expect(mapOf([job('a', { status: 'LIMITED' })], { ...limits, sources })).toEqual([
      {
        cause: 'limit shop',
        holders: ['runs'],
        waiters: ['a'],
        why: '1 of 1 slot in use; 6 starts a minute; the next start is free in 8 s',
      },
    ]);
    const free = new Map([['shop', { jobs: [], nextStart: NOW }]]);
    expect(mapOf([], { ...limits, sources: free })).toEqual([]);
  });

  it('names full hosts for the jobs that found no slot', () => {
    const hosts = [{ id: 'h1', concurrency: 1, jobs: ['runs'] }];
    const note = 'no host for pdf now: 1 without a free slot';
    const history = [{ at: 1, event: 'snoozed' as const, note }];
    expect(mapOf([job('a', { history }), job('b')], { hosts })).toMatchObject([
      { cause: 'host h1', holders: ['runs'], waiters: ['a'] },
    ]);
  });

  it('names dependencies that are left, calls and signals', () => {
    const wait = { seq: 1, in: 'table' as const, wakers: [] };
    const records = [
      job('needs', { status: 'WAITING', dependsOn: ['done', 'left'], pending: new Set([1]) }),
      job('calls', {
        status: 'WAITING',
        wait: { ...wait, for: [{ op: 'call', name: 'c', job: 'called' }] },
      }),
      job('asks', {
        status: 'WAITING',
        wait: { ...wait, for: [{ op: 'signal', name: 'decision' }] },
      }),
    ];
    expect(mapOf(records).map(({ cause, waiters }) => [cause, ...waiters])).toEqual([
      ['job left', 'needs'],
      ['job called', 'calls'],
      ['signal decision', 'asks'],
    ]);
  });
});
