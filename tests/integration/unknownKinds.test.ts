import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { RetryableError } from '#shared/jobs/kinds/errors.ts';
import { traceOf } from '#shared/jobs/record/trace.ts';
import { cancelled } from '#shared/jobs/record/transitions.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

const GRACE_SECONDS = 900;
/** Between any two looks. */
const PAUSE_SECONDS = 61;

const ran: string[] = [];
const kind = (name: string) =>
  defineJob({
    kind: name,
    payload: v.unknown(),
    run: (_payload, { jobId }) => Promise.resolve(ran.push(jobId)),
  });
const old = kindsOf([kind('old')]);
const both = kindsOf([kind('old'), kind('new')]);

let worker: TestWorker;
beforeEach(async () => {
  ran.length = 0;
  worker = await startWorker(inject('dynamoEndpoint'), old);
});
afterEach(() => worker.stop());

const graceful = { graceSeconds: GRACE_SECONDS };
const newer = { ...graceful, kinds: both };
const later = async (seconds = PAUSE_SECONDS): Promise<void> => {
  worker.clock.advance(seconds * 1_000);
  await worker.ripen();
};
const statusOf = async (id: string) => (await worker.store.get(id))?.status;
const quarantinedBy = async (over: object): Promise<number> => {
  for (let looks = 1; ; looks += 1) {
    const { dispositions } = await worker.step({ ...graceful, ...over });
    if (dispositions.some(({ as }) => as === 'quarantined')) return looks;
    expect(dispositions.map(({ as }) => as)).toEqual(['unknown']);
    await later();
  }
};

describe('a job of a kind that this release does not know', () => {
  it('waits for the release that knows it, with its group behind it, and tells why', async () => {
    await worker.send({ kind: 'new', id: 'a', payload: 1 }, 'g');
    await worker.send({ kind: 'old', id: 'b', payload: 1 }, 'g');
    await worker.step(graceful);
    expect([await statusOf('a'), ran]).toEqual(['SCHEDULED', []]);
    const record = (await worker.store.get('a')) ?? expect.unreachable();
    expect(traceOf(record).map(({ text }) => text)).toContainEqual(
      expect.stringMatching(
        /no worker here can run it yet: kind: "new" is not registered.*looked at again/,
      ),
    );
    await later();
    await worker.drain(newer);
    await later();
    await worker.drain(newer);
    expect(ran).toEqual(['a', 'b']);
    expect(await worker.store.get('a')).toMatchObject({ status: 'COMPLETED', attempt: 1 });
  });

  it('is quarantined under its id when nobody knew it in time, and its group goes on', async () => {
    await worker.send({ kind: 'gone', id: 'a', payload: 1 }, 'g');
    await worker.send({ kind: 'old', id: 'b', payload: 1 }, 'g');
    const began = worker.clock.now();
    let dispositions: readonly { readonly as: string }[] = [];
    while (!dispositions.some(({ as }) => as === 'quarantined')) {
      await later();
      ({ dispositions } = await worker.step(graceful));
    }
    expect((worker.clock.now() - began) / 1_000).toBeGreaterThanOrEqual(GRACE_SECONDS);
    expect(await worker.store.get('a')).toMatchObject({
      status: 'QUARANTINED',
      error: { code: 'UNKNOWN_KIND', message: expect.stringContaining('within 900 s') },
    });
    await later();
    await worker.drain(graceful);
    expect(ran).toEqual(['b']);
  });

  it('gets its whole grace, however long its message waited for the first look', async () => {
    await worker.send({ kind: 'gone', id: 'a', payload: 1 });
    const deliveries = await worker.receive();
    const old = deliveries.map((each) => ({ ...each, sentAt: each.sentAt - 86_400_000 }));
    expect((await worker.run(old, graceful)).dispositions).toMatchObject([{ as: 'unknown' }]);
  });

  it('waits after a rollback for the release that began it, and is DEAD when none comes', async () => {
    for (const id of ['a', 'b']) await worker.send({ kind: 'new', id, payload: 1 }, id);
    const retried = defineJob({
      kind: 'new',
      payload: v.unknown(),
      run: () => Promise.reject(new RetryableError('again')),
    });
    await worker.step({ ...graceful, kinds: kindsOf([retried]) });
    expect(await statusOf('a')).toBe('RETRYING');
    await later();
    expect((await worker.step(graceful)).dispositions).toMatchObject([
      { as: 'unknown' },
      { as: 'unknown' },
    ]);
    await later();
    const [first] = await worker.receive();
    if (first) await worker.run([first], newer);
    expect(ran).toHaveLength(1);
    await later(GRACE_SECONDS + PAUSE_SECONDS);
    await worker.drain(graceful);
    const [rest = ''] = ['a', 'b'].filter((id) => !ran.includes(id));
    expect(await worker.store.get(rest)).toMatchObject({
      status: 'DEAD',
      attempt: 1,
      error: { code: 'UNKNOWN_KIND' },
      envelope: expect.stringContaining('"new"'),
    });
    expect(await worker.receive()).toEqual([]);
  });

  it('is quarantined at once where no grace is given', async () => {
    await worker.send({ kind: 'gone', id: 'a', payload: 1 });
    await worker.drain();
    expect(await statusOf('a')).toBe('QUARANTINED');
  });

  it('takes no place of another job with its id', async () => {
    await worker.send({ kind: 'old', id: 'a', payload: 1 });
    await worker.drain();
    await worker.send({ kind: 'gone', id: 'a', payload: 1 });
    expect(await quarantinedBy({})).toBe(1);
    expect(await statusOf('a')).toBe('COMPLETED');
  });

  it('is given up when a person cancels it', async () => {
    await worker.send({ kind: 'gone', id: 'a', payload: 1 });
    await worker.step(graceful);
    const record = (await worker.store.get('a')) ?? expect.unreachable();
    await worker.store.change(
      record,
      cancelled(record, worker.clock.now(), { by: 'ada', reason: 'typo' }),
    );
    await later();
    await worker.drain(graceful);
    expect(await statusOf('a')).toBe('CANCELLED');
    expect(await worker.receive()).toEqual([]);
  });
});

describe('a field that this release does not know', () => {
  it('waits when the envelope says that it is of a newer version', async () => {
    await worker.send({ v: 2, kind: 'old', id: 'a', payload: 1, flavour: 'x' });
    expect(await quarantinedBy({})).toBeGreaterThan(10);
    expect(await worker.store.get('a')).toMatchObject({
      error: { code: 'VERSION_NEWER', message: expect.stringContaining('flavour') },
    });
  });

  it('is refused at once in an envelope without a version, or of this one', async () => {
    await worker.send({ kind: 'old', id: 'a', payload: 1, flavour: 'x' });
    await worker.send({ v: 1, kind: 'old', id: 'b', payload: 1, flavour: 'x' });
    await worker.drain(graceful);
    for (const id of ['a', 'b'])
      expect(await worker.store.get(id)).toMatchObject({ error: { code: 'ENVELOPE_INVALID' } });
  });

  it('does no harm when there is none: a newer envelope of known fields runs', async () => {
    await worker.send({ v: 7, kind: 'old', id: 'a', payload: 1 });
    await worker.drain(graceful);
    expect(ran).toEqual(['a']);
  });
});
