/** Jobs of every kind of wait, and what must come of them, whatever strikes the mesh's calls. */
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Control } from '#shared/control/state.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError, RetryableError } from '#shared/jobs/kinds/errors.ts';
import type { HttpClient } from '#shared/jobs/ports/jobs.ts';
import { isTerminal } from '#shared/jobs/record/record.ts';
import { apart, FAULTS, type Fault } from './faults.ts';
import { createWorld, type World } from './world.ts';

interface Start {
  readonly id: string;
  readonly lane: string;
}

/** What handlers did, in the order they did it. */
let starts: Start[] = [];
let posts: string[] = [];
let server: FauxqsServer;

const plain = [
  defineJob({
    kind: 'step',
    payload: v.object({
      lane: v.string(),
      failures: v.optional(v.number(), 0),
      dies: v.optional(v.boolean(), false),
      child: v.optional(v.string()),
    }),
    retry: { maxAttempts: 8, baseSeconds: 5, jitter: 'none' },
    run: ({ lane, failures, dies, child }, { jobId, attempt, enqueue }) => {
      starts.push({ id: jobId, lane });
      if (child) enqueue({ kind: 'step', id: child, payload: { lane: child } });
      if (dies) return Promise.reject(new PermanentError('dies'));
      return attempt <= failures
        ? Promise.reject(new RetryableError('again'))
        : Promise.resolve(jobId);
    },
  }),
];

/** What the handlers of stepwise jobs were given, by job and step: the same in each of their runs. */
let given = new Map<string, unknown>();
let effects = 0;
/** The steps that were taken back, in order. */
let undone: string[] = [];

const seen = <T>(job: string, step: string, value: T): T => {
  const key = `${job} ${step}`;
  if (given.has(key)) expect(value, `${key} in a later run`).toEqual(given.get(key));
  given.set(key, value);
  return value;
};

/** Each run of a step's function has an effect of its own, so that two of them can be told apart. */
const effect = (): number => {
  effects += 1;
  return effects;
};

const stepwise = [
  defineJob({
    kind: 'trek',
    payload: v.object({ group: v.optional(v.string()) }),
    retry: { maxAttempts: 8, baseSeconds: 5, jitter: 'none' },
    run: async (_payload, { step, sleep, waitFor, jobId }) => {
      const first = seen(jobId, 'first', await step('first', effect));
      await sleep('rest', { seconds: 100 });
      const word = seen(jobId, 'word', await waitFor('word', { timeout: { hours: 3 } }));
      const [left, right] = await Promise.all([step('left', effect), step('right', effect)]);
      return [first, word, seen(jobId, 'left', left), seen(jobId, 'right', right)];
    },
  }),
  defineJob({
    kind: 'teller',
    payload: v.object({ to: v.string() }),
    retry: { maxAttempts: 8, baseSeconds: 5, jitter: 'none' },
    run: ({ to }, { sendSignal }) => sendSignal(to, 'word', 'go'),
  }),
  defineJob({
    kind: 'trip',
    payload: v.object({}),
    retry: { maxAttempts: 8, baseSeconds: 5, jitter: 'none' },
    run: async (_payload, { step, sleep, jobId }) => {
      const back = (name: string) => ({
        compensate: (result: number) => {
          seen(jobId, `back ${name}`, result);
          undone.push(name);
        },
      });
      seen(jobId, 'flight', await step('flight', effect, back('flight')));
      await sleep('night', { seconds: 100 });
      seen(jobId, 'hotel', await step('hotel', effect, back('hotel')));
      await step('pay', () => Promise.reject(new PermanentError('declined')));
    },
  }),
  defineJob({
    kind: 'boss',
    payload: v.object({}),
    retry: { maxAttempts: 8, baseSeconds: 5, jitter: 'none' },
    run: async (_payload, { call, race, waitFor, jobId }) => {
      const hand = await call('step', { lane: 'hand' });
      const first = await race('first', {
        call: () => call('step', { lane: 'other' }, { name: 'other' }),
        never: () => waitFor('never'),
        late: () =>
          call('step', { lane: 'late' }, { name: 'late', envelope: { delaySeconds: 9_000 } }),
      });
      return [seen(jobId, 'hand', hand), seen(jobId, 'first', first)];
    },
  }),
];

const http: HttpClient = {
  request: ({ body = '' }) => {
    posts.push((JSON.parse(body) as { id: string }).id);
    return Promise.resolve({ status: 200, headers: {}, body: '', truncated: false });
  },
};

const kinds = kindsOf([...plain, ...stepwise]);

/** For a test file that plays: its queues and bucket. */
export const openServer = (): void => {
  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false });
    server.createBucket('data');
  });
  afterAll(() => server.stop());
};

export interface Scenario {
  readonly control?: Partial<Control>;
  /** First messages count as received so often that the table takes over what must wait. */
  readonly worn?: true;
  readonly send: (world: World) => Promise<void>;
  /** How each job has to end. */
  readonly ends: Readonly<Record<string, string>>;
  readonly callbacks?: readonly string[];
}

export const step = (id: string, over: object = {}, payload: object = {}) => ({
  kind: 'step',
  id,
  payload: { lane: id, ...payload },
  ...over,
});

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'the plain job, sent twice': {
    send: async (world) => {
      await world.send(step('a'), 'g1');
      await world.send(step('a'), 'g2');
    },
    ends: { a: 'COMPLETED' },
  },
  'the retry, with a job behind it in its group': {
    send: async (world) => {
      await world.send(step('a', {}, { lane: 'g', failures: 1 }), 'g');
      await world.send(step('b', {}, { lane: 'g' }), 'g');
    },
    ends: { a: 'COMPLETED', b: 'COMPLETED' },
  },
  'the dead job, with a job behind it in its group': {
    send: async (world) => {
      await world.send(step('a', {}, { lane: 'g', dies: true }), 'g');
      await world.send(step('b', {}, { lane: 'g' }), 'g');
    },
    ends: { a: 'DEAD', b: 'COMPLETED' },
  },
  'the flow: fan-in, failure, child': {
    send: async (world) => {
      await world.send(step('join', { dependsOn: ['left', 'right'] }), 'g1');
      await world.send(step('lost', { dependsOn: ['dead'] }), 'g2');
      await world.send(step('left', {}, { child: 'kid' }), 'g3');
      await world.send(step('right'), 'g4');
      await world.send(step('dead', {}, { dies: true }), 'g5');
    },
    ends: {
      join: 'COMPLETED',
      lost: 'DEAD',
      left: 'COMPLETED',
      right: 'COMPLETED',
      dead: 'DEAD',
      kid: 'COMPLETED',
    },
  },
  'the limited source': {
    control: { limits: { slow: { perMinute: 2, concurrency: 1 } } },
    send: async (world) => {
      for (const id of ['a', 'b', 'c']) await world.send(step(id, { source: 'slow' }), id);
    },
    ends: { a: 'COMPLETED', b: 'COMPLETED', c: 'COMPLETED' },
  },
  'the delayed job': {
    send: (world) => world.send(step('soon', { delaySeconds: 100 }), 'g1'),
    ends: { soon: 'COMPLETED' },
  },
  'the job that waits a quarter of an hour in a group of its own': {
    send: (world) => world.send(step('alone', { delaySeconds: 910 }), 'alone'),
    ends: { alone: 'COMPLETED' },
  },
  'the ticks of a schedule, the second after the end of the first': {
    send: async (world) => {
      for (const [id, at] of [
        ['a', '2020-01-01T00:00:00Z'],
        ['b', '2100-01-01T00:00:00Z'],
      ] as const) {
        const schedule = { name: 'beat', at, overlap: 'skip' };
        await world.send(step(id, { schedule }, { lane: 'g' }), 'g');
      }
    },
    ends: { a: 'COMPLETED', b: 'COMPLETED' },
  },
  'the group whose jobs the table takes over, each in its place': {
    worn: true,
    send: async (world) => {
      await world.send(step('a', {}, { lane: 'g', failures: 2 }), 'g');
      await world.send(step('b', {}, { lane: 'g' }), 'g');
    },
    ends: { a: 'COMPLETED', b: 'COMPLETED' },
  },
  'the stepwise job whose signal comes while it waits': {
    send: async (world) => {
      await world.send({ kind: 'trek', id: 'trek', payload: {} }, 'trek');
      const teller = { kind: 'teller', id: 'teller', payload: { to: 'trek' } };
      await world.send({ ...teller, delaySeconds: 400 }, 'teller');
    },
    ends: { trek: 'COMPLETED', teller: 'COMPLETED' },
  },
  'the stepwise job that holds its group, whose signal comes before its wait': {
    send: async (world) => {
      const payload = { group: 'g' };
      await world.send({ kind: 'trek', id: 'trek', payload, group: 'g' }, 'g');
      await world.send({ kind: 'trek', id: 'trek 2', payload, group: 'g' }, 'g');
      for (const to of ['trek', 'trek 2'])
        await world.send({ kind: 'teller', id: `teller ${to}`, payload: { to } }, `teller-${to}`);
    },
    ends: {
      trek: 'COMPLETED',
      'trek 2': 'COMPLETED',
      'teller trek': 'COMPLETED',
      'teller trek 2': 'COMPLETED',
    },
  },
  'the stepwise job that takes its steps back': {
    send: (world) => world.send({ kind: 'trip', id: 'trip', payload: {} }, 'trip'),
    ends: { trip: 'DEAD' },
  },
  'the stepwise job that calls others': {
    send: (world) => world.send({ kind: 'boss', id: 'boss', payload: {} }, 'boss'),
    ends: {
      boss: 'COMPLETED',
      'boss.step': 'COMPLETED',
      'boss.other': 'COMPLETED',
      'boss.late': 'CANCELLED',
    },
  },
  'the callback': {
    send: (world) => world.send(step('a', { callback: { url: 'http://example.org/' } }), 'g'),
    ends: { a: 'COMPLETED' },
    callbacks: ['a'],
  },
};
/** Once a job of a lane has started, none before it starts again: order, through all retries. */
const expectOrder = (of: readonly Start[]): void => {
  for (const [, lane] of Map.groupBy(of, ({ lane: name }) => name)) {
    const ids = lane.map(({ id }) => id);
    const firsts = [...new Set(ids)];
    expect(firsts, 'order of first starts').toEqual([...firsts].sort());
    for (const [index, id] of ids.entries())
      expect(
        ids.slice(index).some((other) => other < id),
        `${id} overtaken`,
      ).toBe(false);
  }
};

const expectInvariants = async (
  world: World,
  ends: Scenario['ends'],
  callbacks: readonly string[] = [],
): Promise<void> => {
  const jobs = await world.jobs();
  const found = Object.fromEntries(jobs.map(({ id, status }) => [id, status]));
  expect(found, 'each job has ended as it had to, and there is no other').toEqual(ends);
  for (const { id, history, status } of jobs) {
    const terminal = history.filter(({ event }) =>
      ['completed', 'dead', 'cancelled', 'quarantined'].includes(event),
    );
    expect(terminal, `${id} ended once`).toHaveLength(1);
    expect(isTerminal(status)).toBe(true);
  }
  for (const id of callbacks) {
    expect(posts, `callback of ${id}`).toContain(id);
    expect(await world.delivery(id)).toBe('DELIVERED');
  }
  expectOrder(starts);
  // One that was lost on its way is done again, before any other.
  const backwards = undone.filter((name, index) => name !== undone[index - 1]);
  expect(backwards).toEqual(ends['trip'] ? ['hotel', 'flight'] : []);
};

const ROUNDS_MAX = 40;

/** @returns what was called */
export const play = async (
  { control, worn, send, ends, callbacks }: Scenario,
  plan: (call: number) => Fault | undefined,
): Promise<readonly string[]> => {
  starts = [];
  posts = [];
  given = new Map();
  undone = [];
  const dynamoEndpoint = inject('dynamoEndpoint');
  const options = {
    kinds,
    dynamoEndpoint,
    server,
    plan,
    http,
    ...(control && { control }),
    ...(worn && { worn }),
  };
  const world = await createWorld(options);
  try {
    await send(world);
    expect(await world.settle(ROUNDS_MAX), 'the mesh comes to rest').toBe(true);
    await expectInvariants(world, ends, callbacks);
    return [...world.calls];
  } finally {
    await world.close();
  }
};

/** The one whose jobs go through the table; it takes as long as all that wait together. */
export const TAKEN_OVER: readonly string[] = [
  'the group whose jobs the table takes over, each in its place',
];
/** Those whose jobs wait for time, for a slot or for a receiver; the others run as they come. */
export const WAITING: readonly string[] = [
  'the limited source',
  'the delayed job',
  'the job that waits a quarter of an hour in a group of its own',
  'the ticks of a schedule, the second after the end of the first',
  'the callback',
];
/** Those whose jobs stop in the middle of their work. */
export const STEPWISE: readonly string[] = Object.keys(SCENARIOS).filter((name) =>
  name.startsWith('the stepwise job'),
);
export const RUNNING: readonly string[] = Object.keys(SCENARIOS).filter(
  (name) => ![...WAITING, ...TAKEN_OVER, ...STEPWISE].includes(name),
);

type FaultsAt = (call: number) => readonly Fault[];

/** @returns how many points were tried: each fault that tells at each of the scenario's calls */
const strike = async (name: string, faultsAt: FaultsAt): Promise<number> => {
  const scenario = SCENARIOS[name] ?? expect.unreachable(name);
  const calls = await play(scenario, () => undefined);
  let points = 0;
  for (let at = 0; at < calls.length; at += 1)
    for (const fault of apart(at, calls, faultsAt(at)))
      try {
        points += 1;
        await play(scenario, (call) => (call === at ? fault : undefined));
      } catch (error) {
        throw new Error(`${name}: ${fault} at call ${at} (${calls[at]})`, { cause: error });
      }
  return points;
};

/** @param faultsAt what strikes at a call, by its number; all faults by default */
export const strikeEachCall = (
  names: readonly string[],
  faultsAt: FaultsAt = () => FAULTS,
): void => {
  describe('whatever strikes at any one call', () => {
    let points = 0;
    it.each(names)(
      '%s comes to its end',
      async (name) => {
        points += await strike(name, faultsAt);
      },
      900_000,
    );
    afterAll(() => console.info(`${points} fault points tried`));
  });
};
