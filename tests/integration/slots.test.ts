import { beforeEach, describe, expect, inject, it } from 'vitest';
import { createSlots } from '#shared/dispatch/dynamo/hostSlots.ts';
import type { Slot, Slots } from '#shared/dispatch/ports.ts';
import { createHostsTable } from '../support/table.ts';

let offset = 0;
let slots: Slots;
const clock = { now: () => Date.now() + offset };

beforeEach(async () => {
  offset = 0;
  slots = createSlots({ ...(await createHostsTable(inject('dynamoEndpoint'))), clock });
});

const slot = (jobId: string, over: Partial<Slot> = {}): Slot => ({
  jobId,
  token: `run of ${jobId}`,
  until: clock.now() + 60_000,
  ...over,
});
const take = async (jobId: string, over: Partial<Slot> = {}, concurrency = 2) =>
  (await slots.take('h', slot(jobId, over), concurrency)).taken;

describe('the slots of a host', () => {
  it('are as many as it has, and free again when one is given back', async () => {
    expect([await take('a'), await take('b'), await take('c')]).toEqual([true, true, false]);
    await slots.release('h', slot('a'), undefined);
    await slots.release('h', slot('a'), undefined);
    expect([await take('c'), await take('d')]).toEqual([true, false]);
  });

  it('are one for a job, whoever takes it', async () => {
    expect([await take('a'), await take('a', { token: 'other' })]).toEqual([true, true]);
    expect(await take('b')).toBe(true);
    // The first run's slot is the other run's by now.
    await slots.release('h', slot('a'), undefined);
    expect(await slots.extend('h', slot('a'))).toBe(false);
    expect(await take('c')).toBe(false);
    expect(await slots.extend('h', slot('a', { token: 'other' }))).toBe(true);
  });

  it('of those who vanished are free when their leases are over, and not before', async () => {
    for (const id of ['a', 'b']) expect(await take(id)).toBe(true);
    offset = 61_000;
    expect(await take('c')).toBe(false);
    await slots.extend('h', slot('b'));
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
    await slots.release('h', slot('a.b#c'), undefined);
    await slots.release('h', slot('ü "x"'), undefined);
    expect(await take('e', {}, 1)).toBe(false);
  });

  it('carry how the jobs of the host went', async () => {
    expect((await slots.take('h', slot('a'), 1)).record).toBeUndefined();
    await slots.release('h', slot('a'), { success: 0.5, jobs: 3 });
    const { record, held } = await slots.take('h', slot('b'), 1);
    expect([record, held]).toEqual([{ success: 0.5, jobs: 3 }, 1]);
    await slots.release('h', slot('b'), undefined);
    expect((await slots.take('h', slot('c'), 1)).record?.jobs).toBe(3);
  });
});
