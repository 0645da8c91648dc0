import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createJobPages, type JobPages, type Listing } from '#shared/jobs/dynamo/jobPages.ts';
import { chunksOf } from '#shared/kernel/batches.ts';
import { createJobsTable } from '../support/table.ts';

const NOW = 1_800_000_000_000;
const MANY = 260;

let pages: JobPages;
let client: DynamoDBDocumentClient;
let table: string;

/** Dead jobs in four shards, in bursts of the same millisecond; some parked ones, and completed ones. */
const itemOf = (n: number) => {
  const status = n % 5 === 4 ? 'COMPLETED' : 'DEAD';
  const at = NOW + Math.floor(n / 40);
  return {
    pk: `JOB#job-${n}`,
    sk: 'JOB',
    status,
    kind: n % 2 ? 'odd' : 'even',
    createdAt: at,
    updatedAt: at,
    history: [],
    missionId: n < 120 ? 'm' : 'n',
    ...(status === 'DEAD' && { attention: `DEAD#${n % 4}` }),
    ...(n % 10 === 9 && { due: String(n % 4), dueAt: at }),
  };
};

beforeAll(async () => {
  ({ client, table } = await createJobsTable(inject('dynamoEndpoint')));
  const puts = Array.from({ length: MANY }, (_, n) => ({ PutRequest: { Item: itemOf(n) } }));
  const waiters = { pk: 'JOB#awaited', sk: 'JOB', dependants: true };
  for (const chunk of chunksOf([...puts, { PutRequest: { Item: waiters } }], 25))
    await client.send(new BatchWriteCommand({ RequestItems: { [table]: [...chunk] } }));
  pages = createJobPages({ client, table });
});

/** All pages, one after another. */
const all = async (listing: Listing, only: (kind: string) => boolean = () => true) => {
  const read: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await pages.page(listing, ({ kind }) => only(kind), cursor);
    read.push(page.records.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== undefined);
  return read;
};

const expected = (wanted: (item: ReturnType<typeof itemOf>) => boolean): string[] =>
  Array.from({ length: MANY }, (_, n) => itemOf(n))
    .filter(wanted)
    .map(({ pk }) => pk.slice('JOB#'.length))
    .sort();

describe('pages of jobs', () => {
  it('have each dead job once, the latest first, also where many ended in one millisecond', async () => {
    const read = await all({ by: 'attention', statuses: ['DEAD', 'QUARANTINED'] });
    expect(read.length).toBeGreaterThan(3);
    expect(read.flat().toSorted()).toEqual(expected(({ status }) => status === 'DEAD'));
    const times = read.flat().map((id) => Math.floor(Number(id.slice('job-'.length)) / 40));
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it('have those that match a filter, however few they are', async () => {
    const read = await all({ by: 'attention', statuses: ['DEAD'] }, (kind) => kind === 'odd');
    expect(read.flat().toSorted()).toEqual(
      expected(({ status, kind }) => status === 'DEAD' && kind === 'odd'),
    );
  });

  it('have the jobs of a mission, and those that the table keeps without a message', async () => {
    const mission = await all({ by: 'missionId', value: 'm' });
    expect(mission.flat().toSorted()).toEqual(expected(({ missionId }) => missionId === 'm'));
    const parked = await all({ by: 'due' });
    expect(parked.flat().toSorted()).toEqual(expected((item) => 'due' in item));
  });

  it('have all jobs by a scan, and no row that only says that others wait', async () => {
    const read = await all({ by: 'scan' });
    expect(read.flat().toSorted()).toEqual(expected(() => true));
  });

  it('refuse a cursor that is damaged, and say how large a scan is', async () => {
    const asked = pages.page({ by: 'due' }, () => true, 'no cursor');
    await expect(asked).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    expect((await pages.scanSize()).readUnits).toBeGreaterThanOrEqual(0);
  });
});
