import { beforeEach, describe, expect, inject, it } from 'vitest';
import { createSlots } from '#shared/dispatch/dynamo/hostSlots.ts';
import { createSlotsReader } from '#shared/dispatch/dynamo/hostSlotsReader.ts';
import type { Slot, Slots } from '#shared/dispatch/ports.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { createHostsTable } from '../support/table.ts';

let offset = 0;
let slots: Slots;
let table: Awaited<ReturnType<typeof createHostsTable>>;
const clock = { now: () => Date.now() + offset };

beforeEach(async () => {
  offset = 0;
  table = await createHostsTable(inject('dynamoEndpoint'));
  slots = createSlots({ ...table, clock, random: { next: () => 0 } });
});

const slot = (jobId: string, over: Partial<Slot> = {}): Slot => ({
  jobId,
  token: `run of ${jobId}`,
  until: clock.now() + 60_000,
  ...over,
});
const take = async (jobId: string, over: Partial<Slot> = {}, concurrency = 2) =>
  (await slots.take('h', slot(jobId, over), { concurrency, beyond: false })).item === 0;

describe('the slots of a host', () => {
  it('are as many as it has, and free again when one is given back', async () => {
    expect([await take('a'), await take('b'), await take('c')]).toEqual([true, true, false]);
    await slots.release('h', slot('a'), 0, undefined);
    await slots.release('h', slot('a'), 0, undefined);
    expect([await take('c'), await take('d')]).toEqual([true, false]);
  });

  it('are one for a job, whoever takes it', async () => {
    expect([await take('a'), await take('a', { token: 'other' })]).toEqual([true, true]);
    expect(await take('b')).toBe(true);
    // The first run's slot is the other run's by now.
    await slots.release('h', slot('a'), 0, undefined);
    expect(await slots.extend('h', slot('a'), 0)).toBe(false);
    expect(await take('c')).toBe(false);
    expect(await slots.extend('h', slot('a', { token: 'other' }), 0)).toBe(true);
  });

  it('of those who vanished are free when their leases are over, and not before', async () => {
    for (const id of ['a', 'b']) expect(await take(id)).toBe(true);
    offset = 61_000;
    expect(await take('c')).toBe(false);
    await slots.extend('h', slot('b'), 0);
    offset = 63_000;
    expect([await take('c'), await take('d')]).toEqual([true, false]);
  });

  it('never are more than it has, however many come at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) => take(`job-${n}`, {}, 7)),
    );
    expect(answers.filter(Boolean)).toHaveLength(7);
    offset = 63_000;
    const later = await Promise.all(
      Array.from({ length: 30 }, (_, n) => take(`later-${n}`, {}, 7)),
    );
    const taken = later.filter(Boolean).length;
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThanOrEqual(7);
  });

  it('shrink and grow with the host, and names are any', async () => {
    expect([await take('a.b#c'), await take('ü "x"')]).toEqual([true, true]);
    expect(await take('d', {}, 1)).toBe(false);
    expect(await take('d', {}, 3)).toBe(true);
    await slots.release('h', slot('a.b#c'), 0, undefined);
    await slots.release('h', slot('ü "x"'), 0, undefined);
    expect(await take('e', {}, 1)).toBe(false);
  });

  it('carry how the jobs of the host went', async () => {
    const room = { concurrency: 1, beyond: false };
    expect((await slots.take('h', slot('a'), room)).record).toBeUndefined();
    await slots.release('h', slot('a'), 0, { success: 0.5, jobs: 3 });
    const { record, item } = await slots.take('h', slot('b'), room);
    expect([record, item]).toEqual([{ success: 0.5, jobs: 3 }, 0]);
    await slots.release('h', slot('b'), 0, undefined);
    expect((await slots.take('h', slot('c'), room)).record?.jobs).toBe(3);
  });

  it('are in several items once all workers know of them, and none is held twice', async () => {
    const room = { concurrency: 40, beyond: false };
    const takeAll = (name: string) =>
      Promise.all(
        Array.from({ length: 60 }, async (_, n) => {
          const mine = slot(`${name}-${n}`);
          return { mine, ...(await slots.take('h', mine, room)) };
        }),
      );
    const first = (await takeAll('first')).filter(({ item }) => item !== undefined);
    expect([first.length, new Set(first.map(({ item }) => item)).size]).toEqual([40, 1]);
    offset = LIMITS.slotsTogetherMs + LIMITS.slotsSettleMs;
    const taken = (await takeAll('then')).filter(({ item }) => item !== undefined);
    expect([taken.length, new Set(taken.map(({ item }) => item)).size]).toEqual([40, 3]);
    const reader = createSlotsReader(table);
    const used = () => reader.used([{ id: 'h', concurrency: 40 }], clock.now());
    expect(await used()).toEqual(new Map([['h', 40]]));
    const running = await reader.jobs({ id: 'h', concurrency: 40 }, clock.now());
    expect(running.map(({ job }) => job).sort()).toEqual(
      taken.map(({ mine }) => mine.jobId).sort(),
    );
    for (const { mine, item = 0 } of taken) {
      expect(await slots.extend('h', mine, item)).toBe(true);
      await slots.release('h', mine, item, { success: 0.5, jobs: 1 });
    }
    expect(await used()).toEqual(new Map([['h', 0]]));
    // A job that the host may have done already is asked of it again, whoever has its slots.
    await takeAll('others');
    expect((await slots.take('h', slot('again'), room)).item).toBeUndefined();
    expect((await slots.take('h', slot('again'), { ...room, beyond: true })).item).toBeDefined();
  });
});
