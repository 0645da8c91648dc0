import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { RECEIVES_MAX } from '#shared/contracts/queues.ts';
import { command } from '#shared/control/command.ts';
import { createGroupHalts } from '#shared/jobs/dynamo/groupHalts.ts';
import { kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError, RetryableError } from '#shared/jobs/kinds/errors.ts';
import { decideGroup } from '#shared/jobs/operator/haltedGroups.ts';
import { redrive } from '#shared/jobs/operator/redrive.ts';
import { traceOf } from '#shared/jobs/record/trace.ts';
import { createOutgoing } from '#shared/jobs/sqs/sender.ts';
import { takePlace } from '#shared/jobs/worker/waits/groupPlaces.ts';
import { pausedSeconds } from '#shared/jobs/worker/waits/waitTimes.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { type Behaviour, notedKind } from '../support/testKind.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

let behave: Behaviour;
const ran: unknown[] = [];
let worker: TestWorker;

const kinds = kindsOf([notedKind(ran, () => behave)]);

beforeEach(async () => {
  behave = (payload) => Promise.resolve(payload);
  ran.length = 0;
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
});
afterEach(() => worker.stop());

const DAY_MS = 86_400_000;
const job = (id: string, over: object = {}) => ({ kind: 'test', id, payload: id, ...over });
const get = (id: string) => worker.store.get(id);
const statuses = async (...ids: string[]) =>
  (await Promise.all(ids.map(get))).map((record) => record?.status);
const limit = (limits: object) =>
  command({ kind: 'limits', source: 's', limits }, 'ops', 'test', {
    store: worker.control,
    clock: worker.clock,
  });
const holdOf = (group: string) => createGroupHalts(worker.table).get('normal', group);

/** Received so often that the table must take over what has to wait. */
const worn = async () => {
  const deliveries = await worker.receive();
  const report = await worker.run(
    deliveries.map((each) => ({ ...each, receives: LIMITS.receivesKept })),
  );
  return report.dispositions;
};
/** Time goes on until everything in the queue may be received again. */
const later = async (seconds: number) => {
  worker.clock.advance(seconds * 1_000);
  await worker.ripen();
};
/** Looks at what waits as a worn message, until its group lets it go. */
const handOver = async () => {
  const first = await worn();
  await later(LIMITS.groupSettleSeconds + 1);
  return [...first, ...(await worn())];
};
/** Rounds of a minute: timekeeper, worker. */
const minutes = async (count: number) => {
  for (let round = 0; round < count; round += 1) {
    await worker.tick();
    await worker.drain();
    await later(60);
  }
};

describe('a job whose message was received too often', () => {
  const busy = () => worker.deps.limiter.enter('s', 1, 'holder', worker.clock.now() + 30 * DAY_MS);

  it('is taken over by the table, and its group waits for it', async () => {
    await limit({ concurrency: 1 });
    const taken = await busy();
    await worker.send(job('a', { source: 's' }), 'g');
    for (const id of ['b', 'c']) await worker.send(job(id), 'g');
    expect(await handOver()).toMatchObject([
      { as: 'limited', id: 'a', action: 'return', seconds: LIMITS.groupSettleSeconds },
      { as: 'early', id: 'a', action: 'delete' },
    ]);
    expect(await get('a')).toMatchObject({ status: 'LIMITED', place: {}, group: 'g' });
    // Those behind it come up, and wait: in the queue, or with a place of their own.
    expect(await worker.drain()).toMatchObject([{ as: 'behind', id: 'b', action: 'return' }]);
    await later(10);
    expect(await worn()).toMatchObject([{ as: 'behind', id: 'b', action: 'delete' }]);
    expect(await get('b')).toMatchObject({ status: 'SCHEDULED', place: { after: 'a' } });
    await minutes(3);
    expect(ran).toEqual([]);
    const record = await get('b');
    const told = traceOf(record ?? expect.unreachable()).map(({ text }) => text);
    expect(told.join()).toMatch(/job a of its group comes first.*kept by the table/);

    await worker.deps.limiter.leave(taken ?? expect.unreachable(), 'any');
    await minutes(12);
    expect(ran).toEqual(['a', 'b', 'c']);
    expect(await statuses('a', 'b', 'c')).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect((await get('a'))?.group).toBe('g');
    // The next of the group finds nothing in its way, and clears it up.
    await worker.send(job('d'), 'g');
    expect(await worker.drain()).toMatchObject([{ as: 'completed', id: 'd' }]);
    expect(await holdOf('g')).toBeUndefined();
  });

  it('keeps its place while it fails and is tried again', async () => {
    behave = (payload, { attempt }) =>
      payload === 'a' && attempt < 4
        ? Promise.reject(new RetryableError('again', { afterSeconds: 50 }))
        : Promise.resolve(payload);
    await worker.send(job('a', { retry: { maxAttempts: 8 } }), 'g');
    await worker.send(job('b'), 'g');
    await worn();
    await later(60);
    expect(await worn()).toMatchObject([{ as: 'retrying', id: 'a', action: 'delete' }]);
    await minutes(12);
    expect(ran).toEqual(['a', 'a', 'a', 'a', 'b']);
  });

  it('has that place for good, whoever comes late with its old message', async () => {
    behave = () => Promise.reject(new RetryableError('again', { afterSeconds: 50 }));
    for (const id of ['a', 'b']) await worker.send(job(id), 'g');
    await worn();
    await later(60);
    const old = await worker.receive();
    await worker.run(old.map((each) => ({ ...each, receives: LIMITS.receivesKept })));
    await worn();
    expect(await get('b')).toMatchObject({ place: { after: 'a' } });
    const [late] = old;
    const deps = { ...worker.deps };
    expect(await takePlace('a', late ?? expect.unreachable(), 0, deps)).toEqual({});
    expect(await get('a')).toMatchObject({ place: {} });
    expect(await holdOf('g')).toMatchObject({ last: 'b', before: 'a' });
  });

  it('goes at once where nobody is behind it: its sender gave it no group', async () => {
    await limit({ concurrency: 1 });
    const taken = await busy();
    await worker.send(job('a', { source: 's' }), 'a');
    expect(await worn()).toMatchObject([{ as: 'limited', id: 'a', action: 'delete' }]);
    expect(await get('a')).not.toHaveProperty('place');
    expect((await worker.control.get()).groupsHeldUntil).toBeUndefined();
    await worker.deps.limiter.leave(taken ?? expect.unreachable(), 'any');
    await minutes(2);
    expect(ran).toEqual(['a']);
  });

  it('that is put back by hand goes behind its group, and holds nobody up', async () => {
    behave = () => Promise.reject(new RetryableError('no', { afterSeconds: 50 }));
    await worker.send(job('a', { retry: { maxAttempts: 3 } }), 'g');
    await worn();
    await later(60);
    expect(await worn()).toMatchObject([{ as: 'retrying', id: 'a', action: 'delete' }]);
    await minutes(4);
    expect(await statuses('a')).toEqual(['DEAD']);
    behave = (payload) => Promise.resolve(payload);
    ran.length = 0;
    await worker.send(job('b'), 'g');
    const { queueUrl, sqs, deps } = worker;
    const queueUrls = { critical: queueUrl, high: queueUrl, normal: queueUrl, low: queueUrl };
    const dead = (await get('a')) ?? expect.unreachable();
    await redrive([dead], { by: 'ops' }, { ...deps, outgoing: createOutgoing({ sqs, queueUrls }) });
    expect(await get('a')).not.toHaveProperty('place');
    await minutes(2);
    expect(ran).toEqual(['b', 'a']);
  });
});

describe('more than a thousand receives', () => {
  const paused = {
    check: () => Promise.resolve({ kind: 'paused', what: 'system', heldUntil: 0 } as const),
  };

  /** As workers would, look for look: the message is received, and comes back in its time. */
  const receivesUpTo = async (last: number) => {
    for (let receives = 0; receives < last; ) {
      const [delivery] = await worker.receive();
      receives = delivery?.receives ?? expect.unreachable();
      await later(pausedSeconds(receives));
    }
  };

  it('and a pause of weeks make no dead letter, and leave the order of a group', async () => {
    for (const id of ['a', 'b']) await worker.send(job(id), 'g');
    const began = worker.clock.now();
    // Behind it another one waits, which AWS hands out along with it.
    const look = async () => (await worker.step({ gate: paused })).dispositions;
    for (let receives = 0; receives <= RECEIVES_MAX; receives += LIMITS.receivesKept) {
      await receivesUpTo(LIMITS.receivesKept - 1);
      const decisions = await look();
      await later(LIMITS.groupSettleSeconds + 1);
      if (decisions[0]?.action === 'return') await look();
      // Its turn again, in a message of its own.
      worker.clock.advance(pausedSeconds(LIMITS.receivesKept) * 1_000);
      await worker.tick();
      expect(worker.deadLetters()).toBe(0);
      if (receives === 0) await later(1);
    }
    expect(worker.clock.now() - began).toBeGreaterThan(10 * DAY_MS);
    expect(ran).toEqual([]);
    await minutes(20);
    expect(ran).toEqual(['a', 'b']);
  }, 600_000);

  it('of a message that the mesh could not decide are more than its retention allows', async () => {
    await worker.send(job('a'), 'g');
    const unread = { check: () => Promise.reject(new Error('the table is out of reach')) };
    const waits: number[] = [];
    for (const receives of [1, 10, 100, 400, 999]) {
      const deliveries = (await worker.receive()).map((each) => ({ ...each, receives }));
      await worker.run(deliveries, { gate: unread });
      waits.push(...Object.values(worker.invisibleFor()));
      await later(1);
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits[0]).toBeLessThanOrEqual(LIMITS.faultDelaySeconds);
    expect(waits.at(-1)).toBeGreaterThan(LIMITS.leastSecondsMax - 60);
  });
});

describe('a pause', () => {
  const pause = (paused: boolean) =>
    command({ kind: 'queue', name: 'normal', paused }, 'ops', 'weeks', {
      store: worker.control,
      clock: worker.clock,
    });

  it('longer than the queue keeps a message loses none, and no order', async () => {
    await pause(true);
    await worker.send(job('a'), 'g');
    await worker.send(job('b', { runAt: new Date(worker.clock.now() + 1_000).toISOString() }), 'g');
    await worker.send(job('own'), 'own');
    await worker.drain();
    await later(7 * 86_400 - LIMITS.retentionMarginSeconds + 1);
    const of = async (wanted: string) => (await worker.drain()).filter(({ id }) => id === wanted);
    expect(await of('a')).toMatchObject([{ action: 'return' }]);
    expect(await get('own')).toMatchObject({ status: 'SCHEDULED', due: expect.any(String) });
    await later(LIMITS.groupSettleSeconds + 1);
    expect(await of('a')).toMatchObject([{ action: 'delete' }]);
    const [first] = traceOf((await get('a')) ?? expect.unreachable()).slice(-1);
    expect(first?.text).toMatch(/may not start \(paused: queue normal\): kept by the table/);
    await minutes(3);
    expect(ran).toEqual([]);
    await pause(false);
    await minutes(30);
    expect(ran.filter((id) => id !== 'own')).toEqual(['a', 'b']);
    expect(ran).toContain('own');
  });
});

describe('a halted group', () => {
  it.each([
    ['skip', ['b']],
    ['resume', ['a', 'b']],
  ] as const)('outlives its messages, until somebody decides: %s', async (decision, then) => {
    behave = () => Promise.reject(new PermanentError('no'));
    await worker.send(job('a', { onDead: 'halt' }), 'g');
    await worker.send(job('b'), 'g');
    await worker.drain();
    behave = (payload) => Promise.resolve(payload);
    await later(7 * 86_400 - LIMITS.retentionMarginSeconds + 1);
    expect(await worker.drain()).toMatchObject([{ as: 'halted', id: 'a', action: 'return' }]);
    await later(LIMITS.groupSettleSeconds + 1);
    expect((await worker.drain())[0]).toMatchObject({ as: 'halted', id: 'a', action: 'delete' });
    await minutes(3);
    expect(ran).toEqual(['a']);
    expect(await get('a')).toMatchObject({ status: 'DEAD', halted: true });
    const deps = { store: worker.store, visibility: worker.deps.visibility, clock: worker.clock };
    expect(await decideGroup('a', decision, { by: 'ops' }, deps)).toMatchObject({
      kind: 'decided',
    });
    await minutes(12);
    expect(ran.slice(1)).toEqual(then);
  });
});

describe('a long wait of a job whose group is its own', () => {
  const HOUR = 3_600;
  const inFlight = () => Object.keys(worker.invisibleFor());

  it.each([
    ['for its time', { delaySeconds: HOUR }, 'scheduled'],
    ['for another attempt', { retry: { maxAttempts: 3 } }, 'retrying'],
  ] as const)('%s needs no message; in a shared group it keeps its place', async (_, over, as) => {
    behave = (payload, { attempt }) =>
      as === 'retrying' && payload !== 'second' && attempt === 1
        ? Promise.reject(new RetryableError('later', { afterSeconds: HOUR }))
        : Promise.resolve(null);
    await worker.send(job('alone', over), 'alone');
    await worker.send(job('first', over), 'g');
    await worker.send(job('second'), 'g');
    expect((await worker.drain()).map(({ id, action }) => [id, action]).sort()).toEqual([
      ['alone', 'delete'],
      ['first', 'return'],
    ]);
    expect(await get('alone')).toMatchObject({ due: expect.any(String) });
    expect(await get('alone')).not.toHaveProperty('receipt');
    expect(inFlight()).toHaveLength(1);
    await later(HOUR - LIMITS.sendAheadSeconds);
    await minutes(4);
    expect(await statuses('alone', 'first', 'second')).toEqual(Array(3).fill('COMPLETED'));
    expect(ran.lastIndexOf('second')).toBeGreaterThan(ran.lastIndexOf('first'));
  });

  it('is none with 15 minutes: the message stays', async () => {
    await worker.send(job('alone', { delaySeconds: LIMITS.aloneWaitSecondsMax }), 'alone');
    expect(await worker.drain()).toMatchObject([{ as: 'scheduled', action: 'return' }]);
  });

  it.each([
    ['skip', 'DEAD', ['a']],
    ['resume', 'COMPLETED', ['a', 'a']],
  ] as const)('for a person: %s', async (decision, status, then) => {
    behave = () => Promise.reject(new PermanentError('no'));
    await worker.send(job('a', { onDead: 'halt' }), 'a');
    expect(await worker.drain()).toMatchObject([{ as: 'halted', id: 'a', action: 'delete' }]);
    expect(inFlight()).toEqual([]);
    expect(await get('a')).toMatchObject({ status: 'DEAD', halted: true });
    // The same message again finds the decision still open.
    await worker.send(job('a', { onDead: 'halt' }), 'a');
    expect(await worker.drain()).toMatchObject([{ as: 'halted', id: 'a', action: 'delete' }]);
    behave = (payload) => Promise.resolve(payload);
    const deps = { store: worker.store, visibility: worker.deps.visibility, clock: worker.clock };
    expect(await decideGroup('a', decision, { by: 'ops' }, deps)).toMatchObject({
      kind: 'decided',
    });
    await minutes(2);
    expect(await statuses('a')).toEqual([status]);
    expect(ran).toEqual(then);
  });
});

describe('a hold of a group', () => {
  it('is written once, and only by who knew it as it was', async () => {
    const holds = createGroupHalts(worker.table);
    const one = { last: 'a', since: 1 };
    const two = { last: 'b', before: 'a', since: 1 };
    expect(await holds.put('normal', 'g', undefined, one)).toBe(true);
    expect(await holds.put('normal', 'g', undefined, one)).toBe(true);
    expect(await holds.put('normal', 'g', undefined, two)).toBe(false);
    expect(await holds.put('normal', 'g', one, two)).toBe(true);
    await holds.remove('normal', 'g', one);
    expect(await holds.get('normal', 'g')).toEqual(two);
    expect(await holds.get('high', 'g')).toBeUndefined();
    await holds.remove('normal', 'g', two);
    await holds.remove('normal', 'g', two);
    expect(await holds.get('normal', 'g')).toBeUndefined();
  });

  it('is not forgotten by whoever pauses something at the same time', async () => {
    const holds = createGroupHalts(worker.table);
    await holds.announce(1_000);
    const seen = await worker.control.get();
    await holds.announce(2_000);
    await holds.announce(1_500);
    const event = { at: 1, actor: 'ops', reason: 'r', what: 'w', from: 'a', to: 'b' };
    const next = (control: typeof seen) => ({ ...control, version: control.version + 1 });
    expect(await worker.control.put(next(seen), event)).toBe(false);
    expect(await worker.control.put(next(await worker.control.get()), event)).toBe(true);
    expect(await worker.control.get()).toMatchObject({ version: 1, groupsHeldUntil: 2_000 });
  });
});
