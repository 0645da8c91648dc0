import { readFileSync } from 'node:fs';
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createLimiter } from '#shared/jobs/dynamo/limiter.ts';
import { createSourceUse } from '#shared/jobs/dynamo/sourceUse.ts';
import type { Limiter, SourceSlot } from '#shared/jobs/ports/limits.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { countDynamo, noCounts } from '../bench/counts.ts';
import { seeded } from '../support/seeded.ts';
import { createJobsTable, dropTable } from '../support/table.ts';

const T = 1_790_000_000_000;
const MINUTE = 60_000;

let table: Awaited<ReturnType<typeof createJobsTable>>;
let now: number;
let limiter: Limiter;
const counts = noCounts();

/** A worker of its own: it knows nothing of what others have seen. */
const another = (seed = 1): Limiter =>
  createLimiter({ ...table, clock: { now: () => now }, random: { next: seeded(seed) } });

beforeEach(async () => {
  now = T;
  table = await createJobsTable(inject('dynamoEndpoint'));
  countDynamo(table.client, counts);
  limiter = another();
});
afterEach(() => dropTable(table.client, table.table));

const named = (count: number, name = 'job') =>
  Array.from({ length: count }, (_, n) => `${name}-${n}`);
const enterAll = async (
  ids: readonly string[],
  limit: number,
  by: readonly Limiter[] = [limiter],
): Promise<readonly SourceSlot[]> => {
  const asked = ids.map((id, n) => by[n % by.length]?.enter('s', limit, id, now + MINUTE));
  return (await Promise.all(asked)).filter((slot) => slot !== undefined);
};
/** Looks again, as jobs that wait do, until a look brings nothing more. */
const fill = async (
  limit: number,
  by: readonly Limiter[] = [limiter],
): Promise<readonly SourceSlot[]> => {
  const taken: SourceSlot[] = [];
  for (let round = 0; round < 30; round += 1) {
    const waiting = Math.max(limit - taken.length, 5);
    taken.push(...(await enterAll(named(waiting, `round-${round}`), limit, by)));
    now += LIMITS.slotsFullMs;
  }
  return taken;
};
/** All workers know of several items. */
const spread = async () => {
  await limiter.enter('other', 17, 'first', now);
  now += LIMITS.slotsTogetherMs + LIMITS.slotsSettleMs;
};
const put = (Item: object) => table.client.send(new PutCommand({ TableName: table.table, Item }));
/** What a worker of an earlier version holds: it wrote the whole map. */
const oldSlots = (ids: readonly string[], until = now + MINUTE) =>
  table.client.send(
    new UpdateCommand({
      TableName: table.table,
      Key: { pk: 'LIMIT#s', sk: 'SLOTS' },
      UpdateExpression: 'SET held = :next',
      ExpressionAttributeValues: { ':next': Object.fromEntries(ids.map((id) => [id, until])) },
    }),
  );

describe('the slots of a source', () => {
  it('cost a job two requests, however many come at once', async () => {
    const [first] = await enterAll(['first'], 100);
    if (first) await limiter.leave(first, 'any');
    for (const limit of [10, 100]) {
      Object.assign(counts, noCounts());
      const slots = await enterAll(named(10, `of-${limit}`), limit);
      await Promise.all(slots.map((slot) => limiter.leave(slot, 'any')));
      expect(slots).toHaveLength(10);
      expect(counts).toMatchObject({ dynamo: 20, readUnits: 0 });
      now += MINUTE + LIMITS.clockSkewMs + 1;
    }
  });

  it('cost one unit a write with 1,000 held, and all of them can be held', async () => {
    await spread();
    const slots = await fill(1_000);
    expect(slots.length).toBeGreaterThan(990);
    expect(new Set(slots.map(({ item }) => item)).size).toBe(63);
    Object.assign(counts, noCounts());
    for (const slot of slots.slice(0, 50)) await limiter.leave(slot, 'any');
    const again = await enterAll(named(500, 'again'), 1_000);
    expect(again.length).toBeGreaterThan(20);
    expect(counts.units / (counts.dynamo - counts.readUnits)).toBeLessThanOrEqual(1);
  });

  it('never are more than the limit, whichever workers take them', async () => {
    await spread();
    const workers = [limiter, another(2), another(3)];
    for (const limit of [1, 16, 17, 50, 100]) {
      const taken = await fill(limit, workers);
      expect(taken.length).toBeLessThanOrEqual(limit);
      expect(taken.length).toBeGreaterThan(limit * 0.9);
      now += 10 * MINUTE;
    }
  });

  it('are taken once by a job that asks twice, and given back once', async () => {
    const [slot] = await enterAll(['a'], 1);
    expect(slot).toMatchObject({ item: 0, fresh: true });
    expect(await another().enter('s', 1, 'a', now + MINUTE)).toMatchObject({ fresh: false });
    expect(await limiter.enter('s', 1, 'b', now)).toBeUndefined();
    if (slot) for (const _ of [1, 2]) await limiter.leave(slot, 'any');
    expect(await limiter.enter('s', 1, 'b', now)).toBeDefined();
  });

  it('stay with the attempt that took them last', async () => {
    const [lost] = await enterAll(['a'], 1);
    now += 1;
    const [newer] = await enterAll(['a'], 1, [another()]);
    if (lost) await limiter.leave(lost, 'ours');
    expect(await another().enter('s', 1, 'b', now)).toBeUndefined();
    if (newer) await limiter.leave(newer, 'ours');
    expect(await another().enter('s', 1, 'b', now)).toBeDefined();
  });

  it('of those who died are free when their time is over, and not before', async () => {
    await spread();
    const dead = await fill(40);
    now = T + LIMITS.slotsTogetherMs + LIMITS.slotsSettleMs + MINUTE;
    expect(await another().enter('s', 40, 'early', now + MINUTE)).toBeUndefined();
    now += 30 * LIMITS.slotsFullMs + LIMITS.clockSkewMs + 1;
    const next = await fill(40);
    expect([dead.length, next.length]).toEqual([40, 40]);
  });

  it('are cleared of many who died, also when the limit is lower by now', async () => {
    await oldSlots(named(60, 'dead'), now);
    now += LIMITS.clockSkewMs + 1;
    expect(await limiter.enter('s', 2, 'a', now + MINUTE)).toBeDefined();
    expect(await enterAll(['b', 'c'], 2)).toHaveLength(1);
  });
});

describe('the slots of a source beside workers of an earlier version', () => {
  it('count what those wrote', async () => {
    const lines = readFileSync('tests/golden/jobs.jsonl', 'utf8').trimEnd().split('\n');
    const { stored } = lines
      .map((line) => JSON.parse(line))
      .find(({ shape }) => shape === 'slots of a source');
    await put(unmarshall(stored[0]));
    expect(await limiter.enter('shop', 1, 'j-2', now)).toBeUndefined();
    expect(await limiter.enter('shop', 2, 'j-2', now)).toBeDefined();
  });

  it('all are in the item that those know, until none of them can be left', async () => {
    await oldSlots(named(60, 'old'));
    const ours = await enterAll(named(100), 100);
    expect(ours).toHaveLength(40);
    expect(new Set(ours.map(({ item }) => item))).toEqual(new Set([0]));
    now = T + LIMITS.slotsTogetherMs - 1;
    await oldSlots([]);
    expect(new Set((await enterAll(named(30), 100)).map(({ item }) => item))).toEqual(new Set([0]));
  });

  it('and what the first item holds beyond its share is taken off the others', async () => {
    await limiter.enter('s', 100, 'first', now);
    now += LIMITS.slotsTogetherMs;
    await oldSlots(named(70, 'old'), now + 2 * MINUTE);
    // Clocks differ, and writes are on their way: for a moment nothing is taken.
    expect(await enterAll(named(50), 100)).toEqual([]);
    now += LIMITS.slotsSettleMs;
    expect(await fill(100)).toHaveLength(30);
    await oldSlots([]);
    now += MINUTE + LIMITS.controlFreshMs;
    expect((await fill(100)).length).toBeGreaterThan(95);
  });
});

describe('how far the limits of a source are used', () => {
  it('is the jobs with slots in all items, and the time of the next start', async () => {
    const limits = { concurrency: 40, perMinute: 60 };
    const use = () => createSourceUse(table).of('s', limits, now);
    expect(await use()).toEqual({ jobs: [], nextStart: now });
    await spread();
    const slots = await fill(40);
    expect((await use()).jobs.toSorted()).toEqual(slots.map(({ id }) => id).toSorted());
    for (let start = 0; start < 3; start += 1) await limiter.reserve('s', limits, now);
    expect((await use()).nextStart).toBe(now + 3_000);
    now += MINUTE * 2;
    expect(await use()).toEqual({ jobs: [], nextStart: now });
  });
});
