import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { command } from '#shared/control/command.ts';
import type { Command } from '#shared/control/state.ts';
import { claimCheck } from '#shared/jobs/envelope/payload.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError, Snooze } from '#shared/jobs/kinds/errors.ts';
import { cancelJob } from '#shared/jobs/operator/cancel.ts';
import { decideGroup } from '#shared/jobs/operator/haltedGroups.ts';
import type { JobStore } from '#shared/jobs/ports/jobs.ts';
import { traceOf } from '#shared/jobs/record/trace.ts';
import { childrenOf } from '#shared/jobs/worker/attempt/childJobs.ts';
import { asciiJson } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { type Behaviour, notedKind } from '../support/testKind.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

let behave: Behaviour;
const ran: unknown[] = [];

const test = notedKind(ran, () => behave);

const kinds = kindsOf([
  test,
  { ...test, kind: 'plan', followUps: true },
  defineJob({
    kind: 'strict',
    payload: v.strictObject({ n: v.number() }),
    run: ({ n }) => {
      ran.push(n);
      return Promise.resolve(n);
    },
  }),
]);

let worker: TestWorker;

beforeEach(async () => {
  behave = (payload) => Promise.resolve(payload);
  ran.length = 0;
  worker = await startWorker(inject('dynamoEndpoint'), kinds);
});
afterEach(() => worker.stop());

const job = (payload: unknown, over: object = {}) => ({ kind: 'test', payload, ...over });
const get = (id: string) => worker.store.get(id);
const statuses = async (...ids: string[]) =>
  (await Promise.all(ids.map(get))).map((record) => record?.status);
const told = async (id: string) => {
  const record = await get(id);
  return record ? traceOf(record).map(({ event }) => event) : [];
};
const person = { by: 'ops', reason: 'wrong order' };
/** Time passes for the worker; what waited in the queue is handed out again. */
const later = async (seconds: number) => {
  worker.clock.advance(seconds * 1_000);
  await worker.ripen();
};

describe('idempotency', () => {
  it('gives the same key and content one run; whoever comes meanwhile waits', async () => {
    const twice = job({ n: 1 }, { source: 's', idempotencyKey: 'k' });
    await worker.send(twice);
    await worker.send(twice);
    const { promise: seen, resolve: tell } = Promise.withResolvers<void>();
    behave = () => seen;
    const { store } = worker.deps;
    const claim: JobStore['claim'] = async (request) => {
      const outcome = await store.claim(request);
      if (outcome.kind === 'running') tell();
      return outcome;
    };
    const first = await worker.drain({ store: { ...store, claim } });
    expect(first.map(({ as }) => as).sort()).toEqual(['completed', 'running']);
    expect(first[0]?.id).toBe(first[1]?.id);
    await worker.ripen();
    expect(await worker.drain()).toMatchObject([{ as: 'duplicate' }]);
    expect(ran).toHaveLength(1);
  });

  it('refuses the same key with other content, naming both jobs', async () => {
    await worker.send(job(1, { source: 's', idempotencyKey: 'k' }));
    const [first] = await worker.drain();
    const second = await worker.send(job(2, { source: 's', idempotencyKey: 'k' }));
    await worker.drain();
    const refused = await get(second);
    expect(refused).toMatchObject({
      status: 'QUARANTINED',
      error: { code: 'IDEMPOTENCY_MISMATCH' },
    });
    expect(refused?.error?.message).toContain(first?.id);
    expect(refused?.error?.message).toContain(second);
    expect(ran).toEqual([1]);
  });

  it('notes what came under its id on the first job, each message once, the first few', async () => {
    const started = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    behave = (payload) => {
      started.resolve();
      return go.promise.then(() => payload);
    };
    await worker.send(job(0, { id: 'x' }), 'first');
    const running = worker.step();
    await started.promise;
    const others: string[] = [];
    for (let n = 1; n <= LIMITS.repeatsKept + 2; n += 1)
      others.push(await worker.send(job(n, { id: 'x' }), `other-${n}`));
    const deliveries = await worker.receive();
    await worker.run(deliveries);
    await worker.run(deliveries.slice(0, 1));
    go.resolve();
    await running;
    const record = await get('x');
    expect(record).toMatchObject({ status: 'COMPLETED', result: '0' });
    expect(record?.repeats?.map(({ code }) => code)).toEqual(
      Array.from({ length: LIMITS.repeatsKept }, () => 'ID_TAKEN'),
    );
    expect(new Set(record?.repeats?.map(({ messageId }) => messageId)).size).toBe(
      LIMITS.repeatsKept,
    );
    for (const { messageId } of record?.repeats ?? []) expect(others).toContain(messageId);
    expect((await told('x')).filter((event) => event === 'refused')).toHaveLength(
      LIMITS.repeatsKept,
    );
  });

  it('says which options of a repeated job did not count, and nothing of equal ones', async () => {
    const missionId = 'm';
    await worker.send(job(1, { id: 'x', missionId }));
    await worker.drain();
    const callback = { url: 'https://a.test/' };
    const other = await worker.send(job(1, { id: 'x', missionId, callback, delaySeconds: 1 }));
    await worker.send(job(1, { id: 'x', missionId }));
    await worker.drain();
    const record = await get('x');
    expect(record).toMatchObject({ status: 'COMPLETED' });
    expect(record?.callback).toBeUndefined();
    expect(record?.repeats).toEqual([
      {
        at: expect.any(Number),
        messageId: other,
        code: 'REPEATED',
        options: ['callback', 'delaySeconds'],
      },
    ]);
  });

  it('refuses other content under the id of a job that was cancelled', async () => {
    await worker.send(job(1, { id: 'x', delaySeconds: 60 }));
    await worker.drain();
    expect(await cancelJob('x', person, worker.deps)).toEqual({ kind: 'cancelled' });
    const other = await worker.send(job(2, { id: 'x' }));
    await worker.drain();
    expect(await get(other)).toMatchObject({ status: 'QUARANTINED', error: { code: 'ID_TAKEN' } });
  });

  it('ends with the retention of the first record: then the key is new', async () => {
    const keyed = job(1, { idempotencyKey: 'k' });
    await worker.send(keyed);
    await worker.drain();
    worker.clock.advance((LIMITS.retentionCompletedSeconds + 1) * 1_000);
    await worker.send(keyed);
    expect(await worker.drain()).toMatchObject([{ as: 'completed', attempt: 1 }]);
    expect(ran).toHaveLength(2);
  });
});

describe('Snooze', () => {
  it('comes back at its time and spends no attempt', async () => {
    behave = (_payload, { snoozes, clock }) =>
      snoozes < 2 ? Promise.reject(new Snooze(clock.now() + 60_000)) : Promise.resolve('awake');
    const id = await worker.send(job(1));
    await worker.drain();
    expect(worker.invisibleFor()[id]).toBe(60);
    expect(await get(id)).toMatchObject({ status: 'SCHEDULED', attempt: 0, snoozes: 1 });
    await later(61);
    await worker.drain();
    await later(61);
    await worker.drain();
    expect(await get(id)).toMatchObject({ status: 'COMPLETED', attempt: 1, snoozes: 2 });
    expect(await told(id)).toEqual([
      'sent',
      'claimed',
      'snoozed',
      'claimed',
      'snoozed',
      'claimed',
      'completed',
    ]);
  });

  it('is bounded', async () => {
    behave = (_payload, { clock }) => Promise.reject(new Snooze(clock.now(), 'never'));
    const id = await worker.send(job(1, { retry: { maxSnoozes: 1 } }));
    await worker.drain();
    expect(await get(id)).toMatchObject({ status: 'DEAD', error: { code: 'SNOOZED_TOO_OFTEN' } });
  });

  it('beyond what a queue can hold is parked, and sent again in time', async () => {
    behave = (_payload, { snoozes, clock }) =>
      snoozes === 0
        ? Promise.reject(new Snooze(new Date(clock.now() + 30 * 86_400_000)))
        : Promise.resolve('a month later');
    const id = await worker.send(job(1));
    await worker.drain();
    expect(worker.invisibleFor()).toEqual({});
    expect(await worker.tick()).toEqual({ sent: 0, failed: 0 });
    worker.clock.advance(30 * 86_400_000 - 60_000);
    expect(await worker.tick()).toEqual({ sent: 1, failed: 0 });
    expect(await worker.tick()).toEqual({ sent: 0, failed: 0 });
    expect(await worker.drain()).toMatchObject([{ as: 'early' }]);
    await later(61);
    await worker.drain();
    expect(await get(id)).toMatchObject({ status: 'COMPLETED', result: '"a month later"' });
  });
});

describe('a delayed job', () => {
  it('waits to the second, and says so', async () => {
    const id = await worker.send(job(1, { delaySeconds: 90 }));
    expect(await worker.drain()).toMatchObject([{ as: 'scheduled' }]);
    expect(worker.invisibleFor()[id]).toBe(90);
    expect(await get(id)).toMatchObject({ status: 'SCHEDULED', attempt: 0 });
    await later(91);
    expect(await worker.drain()).toMatchObject([{ as: 'completed', attempt: 1 }]);
  });

  it('runs at a time months ahead, whatever became of its message', async () => {
    const runAt = new Date(worker.clock.now() + 90 * 86_400_000).toISOString();
    const id = await worker.send(job(1, { runAt }));
    expect(await worker.drain()).toMatchObject([{ as: 'scheduled', action: 'delete' }]);
    worker.clock.advance(90 * 86_400_000 + 1_000);
    await worker.tick();
    expect(await worker.drain()).toMatchObject([{ as: 'completed', id }]);
  });
});

describe('cancel', () => {
  it('before any worker saw it: the job never runs', async () => {
    expect(await cancelJob('c1', person, worker.deps)).toEqual({ kind: 'cancelled' });
    await worker.send(job(1, { id: 'c1' }));
    expect(await worker.drain()).toMatchObject([{ as: 'duplicate' }]);
    expect(ran).toEqual([]);
    expect(await get('c1')).toMatchObject({ status: 'CANCELLED' });
  });

  it('while it waits for a retry ends the wait', async () => {
    behave = () => Promise.reject(new Error('later'));
    const id = await worker.send(job(1, { retry: { baseSeconds: 600 } }), 'g');
    await worker.drain();
    expect(await cancelJob(id, person, worker.deps)).toEqual({ kind: 'cancelled' });
    expect(await worker.drain()).toMatchObject([{ as: 'duplicate' }]);
    expect(worker.invisibleFor()).toEqual({});
  });

  it('while it runs is seen at the next heartbeat', async () => {
    behave = (_payload, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const id = await worker.send(job(1));
    const running = worker.step({ leaseSeconds: 0.3 });
    await expect.poll(async () => (await get(id))?.status).toBe('RUNNING');
    expect(await cancelJob(id, person, worker.deps)).toEqual({ kind: 'requested' });
    expect((await running).dispositions).toMatchObject([{ as: 'cancelled', action: 'delete' }]);
    expect(await get(id)).toMatchObject({ status: 'CANCELLED', attempt: 1 });
  });

  it('after its worker died ends it at the next delivery', async () => {
    const id = await worker.send(job(1));
    const deliveries = await worker.receive();
    const crash = () => new Promise<never>(() => undefined);
    behave = crash;
    void worker.run(deliveries);
    await expect.poll(async () => (await get(id))?.status).toBe('RUNNING');
    await cancelJob(id, person, worker.deps);
    worker.clock.advance(70_000);
    const { dispositions } = await worker.run(deliveries);
    expect(dispositions).toMatchObject([{ as: 'cancelled' }]);
    expect(await get(id)).toMatchObject({ status: 'CANCELLED' });
  });

  it('after its end says how it ended', async () => {
    const id = await worker.send(job(1));
    await worker.drain();
    expect(await cancelJob(id, person, worker.deps)).toMatchObject({
      kind: 'finished',
      record: { status: 'COMPLETED' },
    });
  });
});

describe('a group whose job is dead', () => {
  const fail = () => {
    behave = (payload) =>
      payload === 'bad' ? Promise.reject(new PermanentError('no')) : Promise.resolve(payload);
  };

  it('goes on by default', async () => {
    fail();
    await worker.send(job('bad'), 'g');
    await worker.send(job('next'), 'g');
    await worker.drain();
    expect(ran).toEqual(['bad', 'next']);
  });

  it('halts when the job asked for it, until a person skips the job', async () => {
    fail();
    const bad = await worker.send(job('bad', { onDead: 'halt' }), 'g');
    await worker.send(job('next'), 'g');
    await worker.drain();
    expect(ran).toEqual(['bad']);
    expect(await get(bad)).toMatchObject({ status: 'DEAD', halted: true });
    expect(
      await decideGroup(bad, 'skip', { by: 'ops', reason: 'a typo' }, worker.deps),
    ).toMatchObject({
      kind: 'decided',
    });
    await worker.drain();
    expect(ran).toEqual(['bad', 'next']);
    expect(await told(bad)).toEqual(['sent', 'claimed', 'halted', 'skipped']);
    expect((await get(bad))?.history.at(-1)).toMatchObject({ by: 'ops', note: 'a typo' });
  });

  it('runs the job again in its place when a person resumes it', async () => {
    fail();
    const bad = await worker.send(job('bad', { onDead: 'halt' }), 'g');
    await worker.send(job('next'), 'g');
    await worker.drain();
    behave = (payload) => Promise.resolve(payload);
    await decideGroup(bad, 'resume', { by: 'ops' }, worker.deps);
    await worker.drain();
    expect(ran).toEqual(['bad', 'bad', 'next']);
    expect(await get(bad)).toMatchObject({ status: 'COMPLETED', attempt: 1, generation: 1 });
  });
});

describe('dependencies', () => {
  it('release a job once, whichever way round they were sent', async () => {
    const last = await worker.send(job('last', { dependsOn: ['a', 'b'] }));
    await worker.drain();
    expect(await get(last)).toMatchObject({ status: 'WAITING' });
    await worker.send(job('a', { id: 'a' }));
    await worker.send(job('b', { id: 'b' }));
    await worker.drain();
    await worker.relay('a');
    expect(await worker.drain()).toEqual([]);
    await worker.relay('a', 'b');
    await worker.relay('b');
    await worker.drain();
    expect(ran.slice(0, 2).sort()).toEqual(['a', 'b']);
    expect(ran.slice(2)).toEqual(['last']);
    expect(await statuses(last)).toEqual(['COMPLETED']);
  });

  it('that have ended already cost no wait', async () => {
    await worker.send(job('a', { id: 'a' }));
    await worker.drain();
    await worker.send(job('late', { dependsOn: ['a'] }));
    expect(await worker.drain()).toMatchObject([{ as: 'completed' }]);
  });

  it('that fail take their dependants along, unless those said otherwise', async () => {
    behave = (payload) =>
      payload === 'a' ? Promise.reject(new PermanentError('no')) : Promise.resolve(payload);
    await worker.send(job('needs', { id: 'needs', dependsOn: ['a'] }));
    await worker.send(job('next', { id: 'next', dependsOn: ['needs'] }));
    await worker.send(job('runs', { id: 'runs', dependsOn: ['a'], onDependencyFailure: 'run' }));
    await worker.drain();
    await worker.send(job('a', { id: 'a' }));
    await worker.drain();
    await worker.relay('a');
    await worker.relay('needs');
    await worker.drain();
    expect(await statuses('needs', 'next', 'runs')).toEqual(['DEAD', 'DEAD', 'COMPLETED']);
    expect((await get('next'))?.error).toMatchObject({
      code: 'DEPENDENCY_FAILED',
      message: 'dependency needs ended DEAD',
    });
  });

  it('in a cycle are named when its last edge is made, and nobody waits for the deadline', async () => {
    const sends = async (id: string, ...dependsOn: string[]) => {
      await worker.send(job(id, { id, dependsOn }));
      await worker.drain();
    };
    await sends('x', 'y', 'z');
    await sends('aside', 'x');
    await sends('z', 'u', 'x2');
    await sends('y', 'x2');
    expect(await statuses('x', 'aside', 'y', 'z')).toEqual(Array(4).fill('WAITING'));
    await sends('x2', 'x');
    const { error } = (await get('x2')) ?? expect.unreachable();
    expect(error?.code).toBe('DEPENDENCY_CYCLE');
    expect(error?.message).toMatch(
      /^it waits for itself: x2 waits for x waits for [yz] waits for x2$/,
    );
    for (const id of ['x2', 'y', 'x']) await worker.relay(id);
    expect(await statuses('x', 'aside', 'y', 'z')).toEqual(Array(4).fill('DEAD'));
    expect((await get('y'))?.error).toMatchObject({ code: 'DEPENDENCY_FAILED' });
  });

  it('in a cycle of long names are named as far as there is room, no character by half', async () => {
    const ids = Array.from({ length: 10 }, (_, n) => `${n}.${'\u{1f600}'.repeat(52)}`);
    for (const [n, id] of ids.entries())
      await worker.send(asciiJson(job(n, { id, dependsOn: [ids[(n + 1) % ids.length]] })));
    await worker.drain();
    const records = await Promise.all(ids.map(get));
    const { error } = records.find((record) => record?.status === 'DEAD') ?? expect.unreachable();
    expect(error?.message).toMatch(/^it waits for itself: .{979}$/s);
    expect(error?.message.isWellFormed()).toBe(true);
  });

  it('that only look like a cycle, by edges of waits that are over, are none', async () => {
    await worker.send(job('b', { id: 'b', dependsOn: ['a'] }));
    await worker.send(job('a', { id: 'a' }));
    await worker.drain();
    await worker.relay('a');
    await worker.drain();
    await worker.store.forget((await get('a')) ?? expect.unreachable());
    await worker.store.forget((await get('b')) ?? expect.unreachable());
    await worker.send(job('b', { id: 'b', dependsOn: ['c'] }));
    await worker.send(job('a', { id: 'a', dependsOn: ['b'] }));
    await worker.drain();
    expect(await statuses('a', 'b')).toEqual(['WAITING', 'WAITING']);
  });

  it('beyond the search end at the deadline, and say what was missing', async () => {
    await worker.send(job(1, { id: 'x', dependsOn: ['y'], deadlineSeconds: 60 }));
    await worker.drain();
    expect(await worker.tick()).toEqual({ sent: 0, failed: 0 });
    worker.clock.advance(61_000);
    expect(await worker.tick()).toEqual({ sent: 0, failed: 1 });
    expect((await get('x'))?.error).toMatchObject({
      code: 'DEPENDENCY_DEADLINE',
      message: 'deadline passed while waiting for y',
    });
  });

  it('are registered again by whoever finds a registration cut short', async () => {
    const id = await worker.send(job('last', { dependsOn: ['a'] }));
    const deliveries = await worker.receive();
    const broken = () => Promise.reject(new Error('table out of reach'));
    await worker.run(deliveries, { flows: { ...worker.deps.flows, addEdges: broken } });
    await worker.send(job('a', { id: 'a' }));
    await worker.step();
    await worker.relay('a');
    await worker.run(deliveries);
    expect(await statuses(id)).toEqual(['COMPLETED']);
  });

  it('put their results into payloads before the schema is checked', async () => {
    await worker.send(job({ out: [7] }, { id: 'a' }));
    await worker.drain();
    const good = { kind: 'strict', payload: { n: { $result: 'a', path: '/out/0' } } };
    const wrong = { kind: 'strict', payload: { n: { $result: 'a' } } };
    const missing = { kind: 'strict', payload: { n: { $result: 'a', path: '/nowhere' } } };
    const ids = await Promise.all([good, wrong, missing].map((body) => worker.send(body)));
    await worker.drain();
    expect((await Promise.all(ids.map(get))).map((record) => record?.error?.code)).toEqual([
      undefined,
      'PAYLOAD_INVALID',
      'REFERENCE_UNRESOLVED',
    ]);
    expect(ran).toContain(7);
  });
});

describe('children', () => {
  it('exist exactly if their parent completed, and know it', async () => {
    behave = (payload, { enqueue, attempt }) => {
      if (payload !== 'parent') return Promise.resolve(payload);
      const child = enqueue(job('child'));
      return attempt === 1 ? Promise.reject(new Error('once')) : Promise.resolve(child);
    };
    const id = await worker.send(job('parent', { retry: { baseSeconds: 0 } }));
    await worker.drain();
    await worker.relay(id);
    await worker.relay(id);
    await worker.drain();
    expect(await get(`${id}.1`)).toMatchObject({
      status: 'COMPLETED',
      parentId: id,
      correlationId: id,
    });
    expect(ran).toEqual(['parent', 'parent', 'child']);
  });
});

describe("a chain of the original's", () => {
  const FIRST = '$' + '{scan.files[0]}';
  const plan = (payload: unknown) => job(payload, { kind: 'plan' });
  const followUps = (...jobs: object[]) => ({ lcp_version: '1', type: 'followup_jobs', jobs });

  it('runs its follow-up jobs, each after those whose results it uses', async () => {
    const jobs = [
      { kind: 'plan', params: { name: 'read', path: FIRST } },
      { kind: 'plan', name: 'scan', params: { files: ['a.py'] } },
    ];
    const root = await worker.send(plan(followUps(...jobs)));
    await worker.drain();
    await worker.relay(root);
    await worker.drain();
    const children = JSON.parse((await get(root))?.children ?? '[]') as { id: string }[];
    await worker.relay(...children.map(({ id }) => id));
    await worker.drain();
    expect(ran.slice(1)).toEqual([{ files: ['a.py'] }, { path: 'a.py' }]);
  });

  it('never runs a template that cannot be resolved as a literal', async () => {
    const root = await worker.send(plan(followUps({ kind: 'plan', params: { path: FIRST } })));
    await worker.drain();
    await worker.relay(root);
    await worker.drain();
    const [child] = JSON.parse((await get(root))?.children ?? '[]') as { id: string }[];
    expect(await get(child?.id ?? '')).toMatchObject({
      status: 'DEAD',
      error: { code: 'TEMPLATE_UNRESOLVED', message: "Job 'scan' not found in context" },
    });
    expect(ran).toHaveLength(1);
  });

  it('begins with a kind that declares it, and with no other', async () => {
    const spec = { kind: 'plan', params: { n: 1 } };
    const forms = [followUps(spec), { action: 'create_followup_jobs', new_jobs: [spec] }];
    for (const form of forms) {
      const id = await worker.send(job(form));
      await worker.drain();
      await worker.relay(id);
      await worker.drain();
      const record = (await get(id)) ?? expect.unreachable();
      expect(record).toMatchObject({ status: 'COMPLETED', result: JSON.stringify(form) });
      expect([record.children, record.childrenRef]).toEqual([undefined, undefined]);
      expect(traceOf(record).at(-1)?.text).toBe(
        'attempt 1 completed; follow-up jobs refused: 1, since kind test declares no followUps',
      );
    }
    expect(ran).toEqual(forms);
  });

  it('judges no more of a result than any chain may have, and keeps its note short', async () => {
    const many = Array.from({ length: 3_000 }, (_, n) => ({ kind: 'plan', params: { n } }));
    const id = await worker.send(plan({ small: true }));
    behave = () => Promise.resolve(followUps(...many));
    await worker.drain();
    const record = (await get(id)) ?? expect.unreachable();
    expect(record.status).toBe('COMPLETED');
    expect(await childrenOf(record, worker.blobs)).toHaveLength(LIMITS.chainJobsMax);
    expect(record.history.at(-1)?.note?.length).toBeLessThanOrEqual(LIMITS.errorMessageMax);
  });

  it.each(['', '-'])('keeps what is refused (%j) whole, however long it is', async (lead) => {
    const name = `${lead}${'\u{1f600}'.repeat(600)}`;
    behave = () => Promise.resolve(followUps({ kind: 'plan', name }));
    const id = await worker.send(plan(1));
    await worker.drain();
    const { status, history } = (await get(id)) ?? expect.unreachable();
    expect(status).toBe('COMPLETED');
    expect(history.at(-1)?.note?.isWellFormed()).toBe(true);
  });

  it('ends at its depth, and says so', async () => {
    const nested = (depth: number): object =>
      followUps({ kind: 'plan', params: depth === 0 ? {} : { depth, ...nested(depth - 1) } });
    behave = (payload) => Promise.resolve(payload);
    let ids = [await worker.send(plan(nested(7)))];
    const notes: unknown[] = [];
    for (let depth = 0; depth < 8 && ids.length > 0; depth += 1) {
      await worker.drain();
      await worker.relay(...ids);
      const record = await get(ids[0] ?? '');
      notes.push(record?.history.at(-1)?.note);
      ids = (JSON.parse(record?.children ?? '[]') as { id: string }[]).map(({ id }) => id);
    }
    expect(notes.filter(Boolean)).toEqual([expect.stringContaining('max_depth_reached')]);
    expect(ran).toHaveLength(6);
  });
});

describe('limits of a source', () => {
  const limit = (limits: object) =>
    command({ kind: 'limits', source: 's', limits }, 'ops', 'test', {
      store: worker.control,
      clock: worker.clock,
    });

  it('space its starts evenly; each limited job comes back once, in order', async () => {
    await limit({ perMinute: 6 });
    for (const n of [1, 2, 3]) await worker.send(job(n, { source: 's' }));
    const first = await worker.drain();
    expect(first.map(({ as }) => as)).toEqual(['completed', 'limited', 'limited']);
    expect(Object.values(worker.invisibleFor()).sort((a, b) => a - b)).toEqual([10, 20]);
    await later(11);
    expect((await worker.drain()).map(({ as }) => as)).toEqual(['completed', 'early']);
    await later(11);
    await worker.drain();
    expect(ran).toEqual([1, 2, 3]);
  });

  it('keep the newest receipt of what waits, so that cancelling lets its group go', async () => {
    await limit({ perMinute: 1 });
    await worker.send(job(1, { source: 's' }), 'other');
    await worker.drain();
    const id = await worker.send(job(2, { source: 's' }), 'g');
    await worker.drain();
    const before = (await get(id))?.receipt;
    expect(before).toBeDefined();
    // It comes back before its time, under another receipt.
    await worker.ripen();
    expect(await worker.drain()).toMatchObject([{ as: 'early', id }]);
    expect((await get(id))?.receipt).not.toEqual(before);
    await worker.send(job(3), 'g');
    expect(await worker.drain()).toEqual([]);
    const deps = { ...worker.deps, store: worker.store };
    expect(await cancelJob(id, { by: 'ops', reason: 'test' }, deps)).toEqual({ kind: 'cancelled' });
    expect((await worker.drain()).map(({ as }) => as)).toEqual(['duplicate', 'completed']);
  });

  it('bound what runs at the same time, and survive a worker that died', async () => {
    await limit({ concurrency: 1 });
    const id = await worker.send(job(1, { source: 's' }));
    const deliveries = await worker.receive();
    behave = () => new Promise<never>(() => undefined);
    void worker.run(deliveries);
    await expect.poll(async () => (await get(id))?.status).toBe('RUNNING');
    behave = (payload) => Promise.resolve(payload);
    // Whoever has the message too does not give the slot of the attempt back.
    expect((await worker.run(deliveries)).dispositions).toMatchObject([{ as: 'running', id }]);
    const other = await worker.send(job(2, { source: 's' }));
    expect((await worker.step()).dispositions).toMatchObject([{ as: 'limited', id: other }]);
    worker.clock.advance(70_000);
    await worker.run(deliveries.map((delivery) => ({ ...delivery, receives: 2 })));
    expect(await statuses(id)).toEqual(['COMPLETED']);
    await worker.ripen();
    await worker.drain();
    expect(await statuses(other)).toEqual(['COMPLETED']);
  });
});

describe('a pause', () => {
  const order = (what: Command) =>
    command(what, 'ops', 'maintenance', { store: worker.control, clock: worker.clock });

  it.each<[string, Command, Command]>([
    ['of the system', { kind: 'state', to: 'PAUSED' }, { kind: 'state', to: 'OPERATIONAL' }],
    [
      'of a queue',
      { kind: 'queue', name: 'normal', paused: true },
      { kind: 'queue', name: 'normal', paused: false },
    ],
    [
      'of a source',
      { kind: 'source', name: 'default', paused: true },
      { kind: 'source', name: 'default', paused: false },
    ],
  ])('%s loses nothing', async (_what, pause, resume) => {
    await order(pause);
    await worker.send(job(1));
    expect(await worker.drain()).toMatchObject([{ as: 'paused', action: 'return' }]);
    expect(ran).toEqual([]);
    await order(resume);
    await worker.ripen();
    expect(await worker.drain()).toMatchObject([{ as: 'completed', attempt: 1 }]);
    expect((await worker.control.events(5)).map(({ actor, to }) => [actor, to])).toHaveLength(2);
  });
});

describe('progress', () => {
  it('is seen while the job runs', async () => {
    let finish = (): void => undefined;
    behave = (_payload, { progress }) => {
      progress(0.5, 'half');
      return new Promise((resolve) => {
        finish = () => resolve(1);
      });
    };
    const id = await worker.send(job(1));
    const running = worker.step();
    await expect
      .poll(async () => (await get(id))?.progress)
      .toMatchObject({ fraction: 0.5, note: 'half' });
    finish();
    await running;
    expect(await statuses(id)).toEqual(['COMPLETED']);
  });

  it.each(['', '-'])('has a note of any length (%j), cut between characters', async (lead) => {
    const id = await worker.send(job(1));
    behave = async (_payload, { progress }) => {
      progress(0.5, `${lead}${'\u{1f600}'.repeat(200)}`);
      await expect.poll(async () => (await get(id))?.progress?.note).toBeDefined();
    };
    await worker.step();
    expect((await get(id))?.progress?.note?.isWellFormed()).toBe(true);
  });
});

describe('a large payload', () => {
  it('travels through the bucket and reaches its handler whole', async () => {
    const payload = { text: 'x'.repeat(LIMITS.payloadInlineBytesMax) };
    const envelope = await claimCheck(job(payload), worker.blobs);
    expect(envelope).not.toHaveProperty('payload');
    await worker.send(envelope);
    await worker.drain();
    expect(ran).toEqual([payload]);
  });
});
