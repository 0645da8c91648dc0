import type { UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createJobReader, type JobReader } from '#shared/jobs/dynamo/jobReader.ts';
import { createJobStore } from '#shared/jobs/dynamo/jobStore.ts';
import type { JobStore } from '#shared/jobs/ports/jobs.ts';
import { type ClaimRequest, lostAttempt } from '#shared/jobs/record/claimOutcome.ts';
import { quarantined } from '#shared/jobs/record/newRecord.ts';
import type { JobRecord, Lease } from '#shared/jobs/record/record.ts';
import { completed, dead, retrying } from '#shared/jobs/record/transitions.ts';
import { createJobsTable } from '../support/table.ts';

const NOW = 1_800_000_000_000;
const LEASE_MS = 60_000;

let store: JobStore;
let reader: JobReader;
let writes: UpdateCommandInput[] = [];
let capacity: number[] = [];

beforeAll(async () => {
  const { client, table } = await createJobsTable(inject('dynamoEndpoint'));
  client.middlewareStack.add(
    (next) => async (args) => {
      const input = {
        ...(args.input as UpdateCommandInput),
        ReturnConsumedCapacity: 'INDEXES' as const,
      };
      writes.push(input);
      const result = await next({ ...args, input });
      const { ConsumedCapacity } = result.output as {
        ConsumedCapacity?: { CapacityUnits?: number };
      };
      capacity.push(ConsumedCapacity?.CapacityUnits ?? 0);
      return result;
    },
    { step: 'initialize' },
  );
  store = createJobStore({ client, table });
  reader = createJobReader({ client, table });
});

let serial = 0;
const request = (over: Partial<ClaimRequest> = {}): ClaimRequest => {
  serial += 1;
  return {
    id: `job-${serial}`,
    kind: 'echo',
    messageId: `message-${serial}`,
    priority: 'normal',
    group: 'g',
    source: 'default',
    contentHash: 'h',
    createdAt: NOW - 20,
    now: NOW,
    leaseId: `lease-${serial}`,
    leaseUntil: NOW + LEASE_MS,
    fresh: true,
    attemptsMax: 3,
    by: 'request',
    beside: 0,
    ...over,
  };
};

const claimed = async (given: ClaimRequest): Promise<JobRecord> => {
  const outcome = await store.claim(given);
  return outcome.kind === 'claimed' ? outcome.record : expect.unreachable(outcome.kind);
};
const leaseOf = ({ id, attempt, leaseId = '' }: JobRecord): Lease => ({ id, attempt, leaseId });
const error = { code: 'BROKEN', message: 'it broke', attempt: 1, at: NOW };

describe('claim', () => {
  it('makes a record with the first attempt and a lease', async () => {
    const given = request({ missionId: 'm' });
    expect(await claimed(given)).toMatchObject({
      id: given.id,
      status: 'RUNNING',
      attempt: 1,
      leaseId: given.leaseId,
      createdAt: NOW - 20,
      missionId: 'm',
      history: [{ at: NOW, event: 'claimed', by: 'request' }],
    });
  });

  it('is the same claim when its answer was lost and the SDK asks again', async () => {
    const given = request();
    await claimed(given);
    expect(await claimed(given)).toMatchObject({ attempt: 1 });
  });

  it('waits for a live lease, and finds one abandoned that ran out beyond the clocks’ skew', async () => {
    const given = request();
    await claimed(given);
    const at = (now: number) =>
      store.claim({ ...given, leaseId: 'other', now, leaseUntil: now + LEASE_MS });
    expect(await at(NOW + 1_000)).toEqual({
      kind: 'running',
      leaseUntil: given.leaseUntil + 2_000,
    });
    expect(await at(given.leaseUntil + 1_000)).toMatchObject({ kind: 'running' });
    expect(await at(given.leaseUntil + 2_001)).toMatchObject({
      kind: 'abandoned',
      record: { attempt: 1, leaseId: given.leaseId },
    });
  });

  it.each([
    [0, 2],
    [3, 1],
  ])(
    'takes over from an attempt that was lost beside %i others as attempt %i',
    async (beside, attempt) => {
      const given = request({ beside });
      const lost = await claimed(given);
      const now = given.leaseUntil + 2_001;
      const over = {
        ...given,
        beside: 0,
        now,
        leaseUntil: now + LEASE_MS,
        over: lostAttempt(lost),
      };
      expect(await claimed({ ...over, leaseId: 'heir' })).toMatchObject({
        attempt,
        leaseId: 'heir',
      });
      expect(await claimed({ ...over, leaseId: 'heir' })).toMatchObject({ attempt });
      expect(await store.claim({ ...over, leaseId: 'late' })).toMatchObject({ kind: 'running' });
      expect(
        await store.transition(leaseOf(lost), completed(lost, now, { result: '1' })),
      ).toMatchObject({ kind: 'lost' });
    },
  );

  it('is refused before the retry is due, and granted from then on', async () => {
    const given = request();
    const record = await claimed(given);
    await store.transition(leaseOf(record), retrying(record, NOW, error, { dueAt: NOW + 5_000 }));
    const at = (now: number) => store.claim({ ...given, leaseId: 'second', now });
    expect(await at(NOW + 4_999)).toMatchObject({ kind: 'early', dueAt: NOW + 5_000 });
    expect(await at(NOW + 5_000)).toMatchObject({ kind: 'claimed', record: { attempt: 2 } });
  });

  it('finds a job whose last attempt died with its worker', async () => {
    const given = request({ attemptsMax: 1 });
    await claimed(given);
    const later = { ...given, leaseId: 'later', now: given.leaseUntil + 2_001 };
    expect(await store.claim(later)).toMatchObject({ kind: 'exhausted', record: { attempt: 1 } });
    const crowded = request({ attemptsMax: 1, beside: 1 });
    await claimed(crowded);
    const again = { ...crowded, leaseId: 'again', now: crowded.leaseUntil + 2_001 };
    expect(await store.claim(again)).toMatchObject({ kind: 'abandoned', record: { attempt: 1 } });
  });

  it('tells a duplicate from another job under the same id', async () => {
    const given = request();
    const record = await claimed(given);
    await store.transition(leaseOf(record), completed(record, NOW, { result: '1' }));
    expect(await store.claim({ ...given, leaseId: 'x' })).toMatchObject({
      kind: 'finished',
      record: { status: 'COMPLETED', result: '1' },
    });
    expect(await store.claim({ ...given, leaseId: 'x', contentHash: 'z' })).toMatchObject({
      kind: 'taken',
    });
  });

  it('lets exactly one of many at the same time through', async () => {
    const given = request();
    const rivals = Array.from({ length: 20 }, (_, n) =>
      store.claim({ ...given, leaseId: `rival-${n}` }),
    );
    const kinds = (await Promise.all(rivals)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'claimed')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'running')).toHaveLength(19);
  });
});

describe('transition', () => {
  it('is fenced: a zombie can change nothing once its lease went elsewhere', async () => {
    const given = request();
    const zombie = await claimed(given);
    const now = given.leaseUntil + 2_001;
    const lease = { leaseId: 'heir', now, leaseUntil: now + LEASE_MS };
    const heir = await claimed({ ...given, ...lease, over: lostAttempt(zombie) });
    const changes = [
      completed(zombie, NOW, { result: '"zombie"' }),
      retrying(zombie, NOW, error, { dueAt: NOW }),
      dead(zombie, NOW, error, {}),
    ];
    for (const change of changes)
      expect(await store.transition(leaseOf(zombie), change)).toMatchObject({ kind: 'lost' });
    expect(await store.amend(leaseOf(zombie), { leaseUntil: now })).toMatchObject({ kind: 'lost' });
    expect(await store.get(given.id)).toEqual(heir);
  });

  it('is applied once when its answer was lost and the SDK asks again', async () => {
    const record = await claimed(request());
    const change = completed(record, NOW + 5, { result: '{"n":1}' });
    expect(await store.transition(leaseOf(record), change)).toEqual({ kind: 'applied' });
    expect(await store.transition(leaseOf(record), change)).toEqual({ kind: 'applied' });
    expect((await store.get(record.id))?.history).toHaveLength(2);
  });

  it('never changes a job that has ended', async () => {
    const record = await claimed(request());
    await store.transition(leaseOf(record), completed(record, NOW, { result: '1' }));
    expect(await store.transition(leaseOf(record), dead(record, NOW, error, {}))).toMatchObject({
      kind: 'lost',
    });
  });

  it('keeps the envelope and the errors of a dead job and shows it to a person', async () => {
    const record = await claimed(request({ missionId: 'mission-dead' }));
    await store.transition(leaseOf(record), dead(record, NOW, error, { envelope: '{}' }));
    const [found] = await reader.attention('DEAD', 10);
    expect(found).toMatchObject({
      id: record.id,
      status: 'DEAD',
      envelope: '{}',
      error,
      errors: [error],
    });
    expect(found).not.toHaveProperty('leaseUntil');
    expect(await reader.labelled('missionId', 'mission-dead', 10)).toEqual([found]);
  });
});

describe('quarantine', () => {
  it('is idempotent for its message and never overwrites another job', async () => {
    const base = { id: 'bad', messageId: 'm1', priority: 'low', group: 'g', createdAt: NOW };
    const record = quarantined(base, NOW, error, { envelope: 'nonsense' });
    expect(await store.create(record)).toEqual({ kind: 'created' });
    expect(await store.create(record)).toEqual({ kind: 'created' });
    expect(await store.create({ ...record, messageId: 'm2' })).toMatchObject({ kind: 'exists' });
    expect(await store.get('bad')).toEqual(record);
  });
});

describe('a refused id', () => {
  it('runs once its sender fixed the job and sent it again', async () => {
    const given = request({ id: 'fixed' });
    const base = { id: 'fixed', messageId: 'm1', priority: 'low', group: 'g', createdAt: NOW };
    await store.create(quarantined(base, NOW, error, { envelope: 'nonsense' }));
    const record = await claimed(given);
    expect(record).toMatchObject({ status: 'RUNNING', attempt: 1, kind: 'echo', contentHash: 'h' });
    expect(record.history.map(({ event }) => event)).toEqual(['quarantined', 'claimed']);
    for (const gone of ['attention', 'expiresAt', 'error']) expect(record).not.toHaveProperty(gone);
    await store.transition(leaseOf(record), completed(record, NOW, { result: '1' }));
    expect(await store.get('fixed')).toMatchObject({ status: 'COMPLETED', result: '1' });
  });
});

describe('the price of a plain job', () => {
  it('is two requests and two write units; a duplicate is one failed condition', async () => {
    writes = [];
    capacity = [];
    const given = request();
    const record = await claimed(given);
    await store.transition(leaseOf(record), completed(record, NOW, { result: '{"ok":true}' }));
    expect(writes).toHaveLength(2);
    expect(capacity.reduce((sum, units) => sum + units, 0)).toBe(2);
    await store.claim({ ...given, leaseId: 'again' });
    expect(writes).toHaveLength(3);
  });
});
