import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { kindsOf } from '#shared/jobs/defineJob.ts';
import { createFaultLog } from '#shared/jobs/dynamo/faultLog.ts';
import { jobIdOf } from '#shared/jobs/envelope.ts';
import { PermanentError, RetryableError } from '#shared/jobs/errors.ts';
import type { Delivery } from '#shared/jobs/ports.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { type Behaviour, testKind } from '../support/testKind.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

let behave: Behaviour;
const ran: unknown[] = [];

const kinds = kindsOf([
  testKind((payload, context) => {
    ran.push(payload);
    return behave(payload, context);
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

/** Several messages of one group in one batch, which AWS may deliver and the emulator does not. */
const together = async (group: string, payloads: readonly unknown[]): Promise<Delivery[]> => {
  const first = await worker.send(job(payloads[0]), group);
  const head = (await worker.receive()).find(({ messageId }) => messageId === first);
  const { receiptHandle, queueUrl } = head ?? expect.unreachable('the message is received');
  return payloads.map((payload, index) => ({
    messageId: index === 0 ? first : `${first}-${index}`,
    receiptHandle,
    queueUrl,
    priority: 'normal',
    group,
    body: JSON.stringify(job(payload)),
    sentAt: Date.now(),
    receives: 1,
  }));
};

describe('a job', () => {
  it('completes with its result, and its message goes', async () => {
    const id = await worker.send(job({ a: [1, 'ü', null] }));
    const report = await worker.step();
    expect(report.returned).toEqual([]);
    expect(report.dispositions).toMatchObject([{ as: 'completed', id, attempt: 1 }]);
    expect(await get(id)).toMatchObject({ status: 'COMPLETED', result: '{"a":[1,"ü",null]}' });
    expect(worker.invisibleFor()).toEqual({});
  });

  it('keeps a large result in the bucket', async () => {
    behave = () => Promise.resolve('x'.repeat(LIMITS.resultInlineBytesMax));
    const id = await worker.send(job(1));
    await worker.step();
    const record = await get(id);
    expect(record).not.toHaveProperty('result');
    const kept = await worker.blobs.get(record?.resultRef ?? '');
    expect(JSON.parse(kept ?? '')).toHaveLength(LIMITS.resultInlineBytesMax);
  });

  it('fails for good when its result is no JSON', async () => {
    behave = () => Promise.resolve(1n);
    const id = await worker.send(job(1));
    await worker.step();
    expect(await get(id)).toMatchObject({ status: 'DEAD', error: { code: 'RESULT_NOT_JSON' } });
  });
});

describe('a failure', () => {
  it('is retried by the policy, its message invisible till then, and dead after the last attempt', async () => {
    behave = () => Promise.reject(new Error('not today'));
    const id = await worker.send(job(1, { retry: { capSeconds: 0 } }));
    const first = await worker.step();
    expect(first.dispositions).toMatchObject([{ as: 'retrying', id, attempt: 1, seconds: 0 }]);
    expect(await get(id)).toMatchObject({
      status: 'RETRYING',
      error: { code: 'Error', message: 'not today' },
    });
    await worker.step();
    const last = await worker.step();
    expect(last.returned).toEqual([]);
    const record = await get(id);
    expect(record).toMatchObject({
      status: 'DEAD',
      attempt: 3,
      envelope: expect.stringContaining('"test"'),
    });
    expect(record?.errors?.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(record?.history.map(({ event }) => event)).toEqual([
      'claimed',
      'retrying',
      'claimed',
      'retrying',
      'claimed',
      'dead',
    ]);
  });

  it('waits as long as it asks', async () => {
    behave = () => Promise.reject(new RetryableError('busy', { afterSeconds: 120, code: 'BUSY' }));
    const id = await worker.send(job(1));
    await worker.step();
    expect(worker.invisibleFor()[id]).toBeCloseTo(120, -0.5);
    expect(await get(id)).toMatchObject({ status: 'RETRYING', error: { code: 'BUSY' } });
  });

  it('that is permanent spends no second attempt', async () => {
    behave = () => Promise.reject(new PermanentError('never', { code: 'GONE' }));
    const id = await worker.send(job(1));
    const { returned } = await worker.step();
    expect(returned).toEqual([]);
    expect(await get(id)).toMatchObject({ status: 'DEAD', attempt: 1, error: { code: 'GONE' } });
  });

  it.each([
    ['undefined', undefined],
    ['a string', 'oops'],
    ['an object', { a: 1 }],
  ])('may be %s', async (_what, thrown) => {
    behave = () => Promise.reject(thrown);
    const id = await worker.send(job(1, { retry: { maxAttempts: 1 } }));
    await worker.step();
    expect(await get(id)).toMatchObject({
      status: 'DEAD',
      error: { code: 'THROWN', message: String(thrown) },
    });
  });

  it('is also a synchronous throw', async () => {
    behave = () => {
      throw new TypeError('at once');
    };
    const id = await worker.send(job(1, { retry: { maxAttempts: 1 } }));
    await worker.step();
    expect(await get(id)).toMatchObject({
      status: 'DEAD',
      error: { code: 'TypeError', message: 'at once' },
    });
  });
});

describe('a timeout', () => {
  it('aborts the handler’s signal and counts as a failed attempt, even when the handler ignores it', async () => {
    let aborted: unknown;
    behave = (_payload, { signal }) => {
      signal.addEventListener('abort', () => {
        aborted = signal.reason;
      });
      return new Promise(() => undefined);
    };
    const id = await worker.send(job(1, { timeoutSeconds: 1, retry: { maxAttempts: 1 } }));
    await worker.step();
    expect(aborted).toMatchObject({ code: 'TIMEOUT' });
    expect(await get(id)).toMatchObject({
      status: 'DEAD',
      error: { code: 'TIMEOUT', message: 'timed out after 1 s' },
    });
  });
});

describe('a group', () => {
  it('keeps its order: what follows a returned job is not started and is returned with it', async () => {
    behave = (payload) =>
      payload === 2 ? Promise.reject(new Error('later')) : Promise.resolve(null);
    const lane = await together('ordered', [1, 2, 3, 4]);
    const report = await worker.run(lane);
    expect(ran).toEqual([1, 2]);
    expect(report.returned).toEqual(lane.slice(1).map(({ messageId }) => messageId));
  });

  it('does not hold up another group', async () => {
    behave = (payload) =>
      payload === 'a1' ? Promise.reject(new Error('later')) : Promise.resolve(null);
    const lane = await together('a', ['a1', 'a2']);
    const id = await worker.send(job('b1'), 'b');
    await worker.run([...lane, ...(await worker.receive())]);
    expect(ran.sort()).toEqual(['a1', 'b1']);
    expect(await get(id)).toMatchObject({ status: 'COMPLETED' });
  });
});

describe('a lease', () => {
  it('shortens the queue’s long visibility at once, so that a crash costs little', async () => {
    let whileRunning: Readonly<Record<string, number>> = {};
    const id = await worker.send(job(1));
    behave = async () => {
      await expect.poll(() => worker.invisibleFor()[id]).toBeLessThanOrEqual(60);
      whileRunning = worker.invisibleFor();
    };
    await worker.step();
    expect(whileRunning[id]).toBeGreaterThan(50);
  });

  it('is extended with its message while the handler runs', async () => {
    const id = await worker.send(job(1));
    behave = async () => {
      const until = (await get(id))?.leaseUntil ?? Number.NaN;
      await expect
        .poll(async () => (await get(id))?.leaseUntil, { timeout: 10_000 })
        .toBeGreaterThan(until);
    };
    await worker.step({ leaseSeconds: 3 });
    expect(await get(id)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
  });

  it('that went elsewhere aborts the handler, whose outcome is dropped', async () => {
    const id = await worker.send(job(1));
    let reason: unknown;
    behave = async (_payload, { signal, attempt }) => {
      if (attempt === 2) return 'the heir’s';
      worker.clock.advance(60_000);
      const heir = await claimAgain(id);
      expect(heir.kind).toBe('claimed');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      reason = signal.reason;
      return 'the zombie’s';
    };
    const report = await worker.step({ leaseSeconds: 3 });
    expect(reason).toMatchObject({ code: 'LEASE_LOST' });
    expect(report.dispositions).toMatchObject([{ as: 'lost', action: 'return' }]);
    expect(await get(id)).toMatchObject({ status: 'RUNNING', attempt: 2 });
  });

  it('held elsewhere sends the message back until it ends, spending no attempt', async () => {
    const id = await worker.send(job(1));
    await claimAgain(id);
    const report = await worker.step();
    expect(report.dispositions).toMatchObject([{ as: 'running', action: 'return' }]);
    expect(worker.invisibleFor()[id]).toBeGreaterThan(55);
    expect(await get(id)).toMatchObject({ attempt: 1 });
    expect(ran).toEqual([]);
  });

  it('whose last attempt died with its worker makes the job dead, not endless', async () => {
    const id = await worker.send(job(1, { retry: { maxAttempts: 1 } }));
    await claimAgain(id, 1);
    worker.clock.advance(70_000);
    const report = await worker.step();
    expect(report.dispositions).toMatchObject([{ as: 'dead', code: 'WORKER_LOST' }]);
    expect(ran).toEqual([]);
  });
});

/** As another worker would: with the same content, under a lease of its own. */
const claimAgain = async (id: string, attemptsMax = 3) => {
  const { contentHash = '' } = (await get(id)) ?? { contentHash: await hashOf(1) };
  const now = worker.clock.now();
  return worker.store.claim({
    id,
    kind: 'test',
    messageId: id,
    priority: 'normal',
    group: 'g',
    source: 'default',
    contentHash,
    createdAt: now,
    now,
    leaseId: `rival-${id}`,
    leaseUntil: now + 60_000,
    attemptsMax,
    by: 'rival',
    fresh: true,
  });
};

const hashOf = async (payload: unknown): Promise<string> => {
  const { parseEnvelope } = await import('#shared/jobs/envelope.ts');
  const parsed = parseEnvelope(JSON.stringify(job(payload)), kinds);
  return parsed.ok ? parsed.value.contentHash : expect.unreachable();
};

describe('time', () => {
  it('that would not do starts no job; it comes back at once, no attempt spent', async () => {
    const id = await worker.send(job(1));
    const report = await worker.step({ remainingMs: 35_000 });
    expect(report.dispositions).toMatchObject([{ as: 'no_time', seconds: 0 }]);
    expect(await get(id)).toBeUndefined();
    await worker.step();
    expect(await get(id)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
  });
});

describe('bad input', () => {
  it('beyond the inline bound is kept whole, in the bucket', async () => {
    const body = `{"kind":"test","colour":"${'x'.repeat(LIMITS.rawInlineBytesMax)}"}`;
    const id = await worker.send(body);
    await worker.step();
    const record = await get(id);
    expect(record).toMatchObject({ status: 'QUARANTINED', error: { code: 'ENVELOPE_INVALID' } });
    expect(await worker.blobs.get(record?.envelopeRef ?? '')).toBe(body);
  });

  it('keeps its labels, so that it is found where its sender looks', async () => {
    await worker.send(job(1, { id: 'mine', missionId: 'm', colour: 'red' }));
    await worker.step();
    expect(await get('mine')).toMatchObject({
      status: 'QUARANTINED',
      kind: 'test',
      missionId: 'm',
    });
  });

  it.each([
    ['NUL_BYTE', '"payload":"\\u0000"'],
    ['PROTOTYPE_KEY', '"payload":{"__proto__":1}'],
    ['TOO_DEEP', `"payload":${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['NUMBER_INEXACT', '"payload":{"big":12345678901234567890}'],
    ['ENVELOPE_INVALID', '"runAt":"2027-12-25T00:00:00+08"'],
    ['TOO_LARGE', `"payload":"${'x'.repeat(LIMITS.envelopeBytesMax)}"`],
  ])('that is refused with %s is found under its own id', async (code, field) => {
    await worker.send(`{"kind":"test","id":"mine",${field}}`);
    const report = await worker.step();
    expect(report.returned).toEqual([]);
    expect(await get('mine')).toMatchObject({
      status: 'QUARANTINED',
      kind: 'test',
      error: { code },
    });
  });

  it('without an id is found under the one that follows from its idempotency key', async () => {
    const key = { source: 's', idempotencyKey: 'k' };
    await worker.send(job(1, { ...key, colour: 'red' }));
    await worker.step();
    expect(await get(jobIdOf(key, ''))).toMatchObject({ status: 'QUARANTINED', source: 's' });
  });

  it('of as many elements as a message holds is taken, and runs', async () => {
    const id = await worker.send(`{"kind":"test","payload":[${'1,'.repeat(130_900)}1]}`);
    behave = () => Promise.resolve(null);
    await worker.step();
    expect(await get(id)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
  });

  it('under the id of another job goes under its message’s and leaves the job alone', async () => {
    await worker.send(job(1, { id: 'taken' }));
    await worker.step();
    const before = await get('taken');
    const id = await worker.send(job(1, { id: 'taken', colour: 'red' }));
    await worker.step();
    expect(await get('taken')).toEqual(before);
    expect(await get(id)).toMatchObject({ status: 'QUARANTINED' });
  });
});

describe('a fault of ours', () => {
  const broken = () => Promise.reject(new Error('table unreachable'));

  it('before the run returns the message soon, spends nothing, and stops only its lane', async () => {
    const id = await worker.send(job(1));
    const store = { ...worker.store, claim: broken };
    const report = await worker.step({ store });
    expect(report.dispositions).toMatchObject([{ as: 'fault', seconds: LIMITS.faultDelaySeconds }]);
    expect(worker.invisibleFor()[id]).toBeLessThanOrEqual(LIMITS.faultDelaySeconds);
    expect(worker.warnings.at(-1)).toContain('not decided');
  });

  it('leaves a trace beside the job, even before it has a row, until the job moves on', async () => {
    const faults = createFaultLog(worker.table);
    await worker.send(job(1, { id: 'stuck' }));
    const deliveries = await worker.receive();
    const store = { ...worker.store, claim: broken };
    const report = await worker.run(deliveries, { store });
    expect(report.dispositions).toMatchObject([{ as: 'fault', id: 'stuck' }]);
    const noted = { id: 'stuck', code: 'Error', message: 'Error: table unreachable', receives: 1 };
    expect(await faults.get('stuck')).toMatchObject(noted);
    worker.clock.advance(1_000);
    await worker.run(
      deliveries.map((delivery) => ({ ...delivery, receives: 2 })),
      { store },
    );
    expect(await faults.list(10)).toMatchObject([{ ...noted, receives: 2 }]);
    // An older one that comes late does not hide it.
    await faults.note({ ...noted, messageId: 'm', at: 0 });
    expect(await faults.get('stuck')).toMatchObject({ receives: 2 });
    expect(await get('stuck')).toBeUndefined();
    worker.clock.advance(1_000);
    await worker.run(deliveries);
    expect(await get('stuck')).toMatchObject({ status: 'COMPLETED', attempt: 1 });
    expect(await faults.list(10)).toEqual([]);
  });

  it('that cannot be noted either costs nothing but the note', async () => {
    await worker.send(job(1, { id: 'dark' }));
    const store = { ...worker.store, claim: broken };
    const report = await worker.step({ store, faults: { note: broken } });
    expect(report.dispositions).toMatchObject([{ as: 'fault', id: 'dark' }]);
    expect(worker.warnings.at(-1)).toContain('not noted');
  });

  it('after the run leaves the lease to expire; the job runs again and ends once', async () => {
    const id = await worker.send(job('again'));
    const deliveries = await worker.receive();
    await worker.run(deliveries, { store: { ...worker.store, transition: broken } });
    expect(await get(id)).toMatchObject({ status: 'RUNNING', attempt: 1 });
    worker.clock.advance(70_000);
    await worker.run(deliveries);
    expect(await get(id)).toMatchObject({ status: 'COMPLETED', attempt: 2, result: '"again"' });
  });

  it('in changing visibility fails no job', async () => {
    const id = await worker.send(job(1));
    await worker.step({ visibility: { change: broken, release: broken } });
    expect(await get(id)).toMatchObject({ status: 'COMPLETED' });
  });
});
