/** A person cancels a job with steps before each call of the mesh, one run of the job for each call. */
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { isApart, isRead } from '../support/faults.ts';
import { createWorld } from '../support/world.ts';

const ROUNDS_MAX = 40;
const EVERY = process.env['SHERATAN_EVERY_FAULT'] !== undefined;
const NO_FAULT = (): undefined => undefined;

/** What was done and taken back, by the job. */
let done: string[] = [];

const kinds = kindsOf([
  defineJob({
    kind: 'tour',
    payload: v.unknown(),
    retry: { maxAttempts: 8, baseSeconds: 5, jitter: 'none' },
    run: async (_payload, { step, sleep, call, waitFor }) => {
      const booked = (name: string) =>
        step(name, () => void done.push(name), { compensate: () => void done.push(`no ${name}`) });
      await booked('flight');
      await sleep('night', { seconds: 100 });
      await call('leg', {});
      await booked('hotel');
      await waitFor('word');
      return 'there';
    },
  }),
  defineJob({ kind: 'leg', payload: v.unknown(), run: () => Promise.resolve('label') }),
  defineJob({
    kind: 'teller',
    payload: v.unknown(),
    run: (_payload, { sendSignal }) => sendSignal('tour', 'word', 'go'),
  }),
]);

let server: FauxqsServer;
beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false });
  server.createBucket('data');
});
afterAll(() => server.stop());

interface Ended {
  readonly calls: readonly string[];
  readonly ends: Readonly<Record<string, string>>;
}

/** @param at the call before which the job is cancelled; undefined: it is not */
const play = async (at: number | undefined): Promise<Ended> => {
  done = [];
  const world = await createWorld({
    kinds,
    dynamoEndpoint: inject('dynamoEndpoint'),
    server,
    plan: NO_FAULT,
    meanwhile: (call, mesh) => (call === at ? mesh.cancel('tour') : undefined),
  });
  try {
    await world.send({ kind: 'tour', id: 'tour', payload: {} }, 'tour');
    await world.send({ kind: 'teller', id: 'teller', delaySeconds: 600 }, 'teller');
    expect(await world.settle(ROUNDS_MAX), 'the mesh comes to rest').toBe(true);
    const ends = (await world.jobs()).map(({ id, status }) => [id, status]);
    return { calls: [...world.calls], ends: Object.fromEntries(ends) };
  } finally {
    await world.close();
  }
};

/** Before each write, and by turns before reads: what a cancellation changes, the next write meets. */
const isPoint = (at: number, calls: readonly string[]): boolean =>
  isApart(at, calls) && (EVERY || !isRead(calls[at] ?? '') || at % 4 === 0);

/** What is left of the job: nothing of a cancelled one, everything of the others. */
const expectWhole = ({ ends }: Ended): void => {
  const { tour, 'tour.leg': leg } = ends;
  expect(['CANCELLED', 'COMPLETED']).toContain(tour);
  const forth = done.filter((what) => !what.startsWith('no '));
  const back = done.filter((what) => what.startsWith('no '));
  expect(forth, 'each step is done once').toEqual(['flight', 'hotel'].slice(0, forth.length));
  const all = forth.map((what) => `no ${what}`).reverse();
  expect(back, 'and taken back once').toEqual(tour === 'CANCELLED' ? all : []);
  expect(['COMPLETED', 'CANCELLED', undefined]).toContain(leg);
};

it('a job with steps that is cancelled before any call ends whole', async () => {
  const { calls, ends } = await play(undefined);
  expect(ends).toEqual({ tour: 'COMPLETED', 'tour.leg': 'COMPLETED', teller: 'COMPLETED' });
  const points = calls.flatMap((_name, at) => (isPoint(at, calls) ? at : []));
  const seen = new Set<string | undefined>();
  for (const at of points)
    try {
      const ended = await play(at);
      expectWhole(ended);
      seen.add(ended.ends['tour']);
    } catch (error) {
      throw new Error(`cancelled before call ${at} (${calls[at]})`, { cause: error });
    }
  expect([...seen].sort()).toEqual(['CANCELLED', 'COMPLETED']);
  console.info(`cancelled before ${points.length} of ${calls.length} calls`);
}, 600_000);
