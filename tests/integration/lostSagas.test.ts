import * as v from 'valibot';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { groupOf } from '#shared/jobs/envelope/message.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError, RetryableError, Snooze } from '#shared/jobs/kinds/errors.ts';
import { cancelJob } from '#shared/jobs/operator/cancel.ts';
import type { JobStore } from '#shared/jobs/ports/jobs.ts';
import { startWorker, type TestWorker } from '../support/worker.ts';

const HOUR_MS = 3_600_000;
/** Longer than a lease. */
const LEASE_OVER_MS = 120_000;

let done: string[] = [];
/** What a run does before its first step. */
let begin = (): void => undefined;
/** What a run does after its first step. */
let goOn: () => unknown = () => undefined;

/** Books a seat, and can give it back. */
const seat = (kind: string, maxAttempts: number) =>
  defineJob({
    kind,
    payload: v.unknown(),
    retry: { maxAttempts, baseSeconds: 0, jitter: 'none' },
    run: async (_payload, { step, sleep }) => {
      begin();
      await step('seat', () => void done.push('seat'), {
        compensate: () => void done.push('back'),
        retry: { maxAttempts: 1 },
      });
      await goOn();
      await sleep('night', { hours: 1 });
      return 'there';
    },
  });

let plain = 0;
const dull = defineJob({
  kind: 'dull',
  payload: v.unknown(),
  retry: { maxAttempts: 1 },
  run: () => {
    plain += 1;
    return Promise.resolve(1);
  },
});

let worker: TestWorker;
beforeAll(async () => {
  worker = await startWorker(
    inject('dynamoEndpoint'),
    kindsOf([seat('once', 1), seat('twice', 2), dull]),
  );
});
afterAll(() => worker.stop());
beforeEach(() => {
  done = [];
  begin = () => undefined;
  goOn = () => undefined;
});

const rowOf = (id: string) => worker.store.get(id);
const send = (kind: string, id: string) =>
  worker.send({ kind, id, payload: null }, groupOf({}, id));
/** A worker whose end of the run never reaches the table: it is lost. */
const lost = (): { readonly store: JobStore } => ({
  store: { ...worker.store, transition: () => Promise.reject(new Error('the worker is gone')) },
});
const passLease = async (): Promise<void> => {
  worker.clock.advance(LEASE_OVER_MS);
  await worker.ripen();
};
const settle = async (): Promise<void> => {
  await worker.tick();
  await worker.ripen();
  await worker.drain();
};

describe('a job whose worker was lost in its very first run', () => {
  it('takes its steps back when it dies of that', async () => {
    await send('once', 'dies');
    await worker.step(lost());
    expect(await rowOf('dies')).toMatchObject({ status: 'RUNNING' });
    await passLease();
    await settle();
    expect(done).toEqual(['seat', 'back']);
    expect(await rowOf('dies')).toMatchObject({ status: 'DEAD', error: { code: 'WORKER_LOST' } });
  });

  it('takes its steps back when it is cancelled', async () => {
    await send('twice', 'cancelled');
    await worker.step(lost());
    const wish = { by: 'ada', reason: 'ill' };
    expect(await cancelJob('cancelled', wish, worker.deps)).toEqual({ kind: 'requested' });
    await passLease();
    await settle();
    expect(done).toEqual(['seat', 'back']);
    const row = await rowOf('cancelled');
    expect(row).toMatchObject({ status: 'CANCELLED' });
    expect(row?.history.at(-1)).toMatchObject({ by: 'ada', note: 'ill' });
  });

  it('takes its steps back when the next run fails before its first step', async () => {
    await send('twice', 'early');
    await worker.step(lost());
    begin = () => {
      throw new PermanentError('no', { code: 'NO' });
    };
    await passLease();
    await settle();
    begin = () => undefined;
    await settle();
    expect(await rowOf('early')).toMatchObject({ status: 'DEAD', error: { code: 'NO' } });
    // The handler gets no further than before: it says so, and the step is not forgotten.
    expect((await rowOf('early'))?.error?.message).toContain('step "seat" was not taken back');
  });

  it('costs a job without steps no run more', async () => {
    await send('dull', 'plain');
    await worker.step(lost());
    await passLease();
    await settle();
    expect(plain).toBe(1);
    expect(await rowOf('plain')).toMatchObject({ status: 'DEAD', error: { code: 'WORKER_LOST' } });
  });
});

describe('a job that stopped after a step', () => {
  it.each([
    ['was snoozed', () => new Snooze(worker.clock.now() + HOUR_MS)],
    ['waits for its next attempt', () => new RetryableError('again', { afterSeconds: 3_600 })],
  ])('takes it back when it is cancelled while it %s', async (how, error) => {
    goOn = () => {
      throw error();
    };
    await send('twice', how);
    await worker.drain();
    await cancelJob(how, { by: 'ada', reason: 'ill' }, worker.deps);
    await settle();
    expect(done).toEqual(['seat', 'back']);
    expect(await rowOf(how)).toMatchObject({ status: 'CANCELLED' });
  });
});

it.each([
  ['would stop to wait for an hour', () => undefined],
  [
    'would be tried again after an hour',
    () => new RetryableError('again', { afterSeconds: 3_600 }),
  ],
])('a job that is asked to end in a run that %s ends at once', async (how, error) => {
  goOn = async () => {
    await cancelJob(how, { by: 'ada', reason: 'ill' }, worker.deps);
    const thrown = error();
    if (thrown) throw thrown;
  };
  await send('twice', how);
  await worker.drain();
  await settle();
  expect(done).toEqual(['seat', 'back']);
  expect(await rowOf(how)).toMatchObject({ status: 'CANCELLED' });
});

describe('a job whose worker is lost while it takes its steps back', () => {
  const dies = async (id: string): Promise<void> => {
    goOn = () => {
      throw new PermanentError('full', { code: 'FULL' });
    };
    await send('once', id);
    await worker.step();
    expect((await rowOf(id))?.history.at(-1)?.event).toBe('unwinding');
  };
  const loseOne = async (): Promise<void> => {
    await worker.ripen();
    await worker.step(lost());
    await passLease();
  };

  it('goes on with that, however few attempts it has', async () => {
    await dies('again');
    await loseOne();
    await settle();
    expect(done).toEqual(['seat', 'back']);
    expect(await rowOf('again')).toMatchObject({ status: 'DEAD', error: { code: 'FULL' } });
  });

  it('that is cancelled meanwhile goes on with that, too', async () => {
    await dies('twice asked');
    const ask = () => cancelJob('twice asked', { by: 'ada', reason: 'ill' }, worker.deps);
    expect(await ask()).toEqual({ kind: 'requested' });
    await worker.ripen();
    await worker.step(lost());
    expect(await ask()).toEqual({ kind: 'requested' });
    await passLease();
    await settle();
    expect(done).toEqual(['seat', 'back']);
    expect(await rowOf('twice asked')).toMatchObject({ status: 'DEAD', error: { code: 'FULL' } });
  });

  it('ends after some times, and says that not all may be taken back', async () => {
    await dies('never');
    for (let times = 0; times < 3; times += 1) {
      await loseOne();
      if (times < 2) await worker.step();
    }
    await settle();
    const row = await rowOf('never');
    expect(row).toMatchObject({ status: 'DEAD', error: { code: 'FULL' } });
    expect(row?.error?.message).toContain('their worker was lost 3 times');
  });
});
