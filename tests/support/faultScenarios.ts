/** Jobs of every kind of wait, and what must come of them, whatever strikes the mesh's calls. */
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Control } from '#shared/control/state.ts';
import { defineJob, kindsOf } from '#shared/jobs/kinds/defineJob.ts';
import { PermanentError, RetryableError } from '#shared/jobs/kinds/errors.ts';
import type { HttpClient } from '#shared/jobs/ports/jobs.ts';
import { isTerminal } from '#shared/jobs/record/record.ts';
import { FAULTS, type Fault } from './faults.ts';
import { createWorld, type World } from './world.ts';

interface Start {
  readonly id: string;
  readonly lane: string;
}

/** What handlers did, in the order they did it. */
let starts: Start[] = [];
let posts: string[] = [];
let server: FauxqsServer;

const kinds = kindsOf([
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
]);

const http: HttpClient = {
  request: ({ body = '' }) => {
    posts.push((JSON.parse(body) as { id: string }).id);
    return Promise.resolve({ status: 200, headers: {}, body: '', truncated: false });
  },
};

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
};

const ROUNDS_MAX = 40;

/** @returns what was called */
export const play = async (
  { control, worn, send, ends, callbacks }: Scenario,
  plan: (call: number) => Fault | undefined,
): Promise<readonly string[]> => {
  starts = [];
  posts = [];
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
export const RUNNING: readonly string[] = Object.keys(SCENARIOS).filter(
  (name) => !WAITING.includes(name) && !TAKEN_OVER.includes(name),
);

/** @returns how many points were tried: each fault at each of the scenario's calls */
const strike = async (name: string): Promise<number> => {
  const scenario = SCENARIOS[name] ?? expect.unreachable(name);
  const calls = await play(scenario, () => undefined);
  for (let at = 0; at < calls.length; at += 1)
    for (const fault of FAULTS)
      try {
        await play(scenario, (call) => (call === at ? fault : undefined));
      } catch (error) {
        throw new Error(`${name}: ${fault} at call ${at} (${calls[at]})`, { cause: error });
      }
  return calls.length * FAULTS.length;
};

export const strikeEachCall = (names: readonly string[]): void => {
  describe('whatever strikes at any one call', () => {
    let points = 0;
    it.each(names)(
      '%s comes to its end',
      async (name) => {
        points += await strike(name);
      },
      900_000,
    );
    afterAll(() => console.info(`${points} fault points tried`));
  });
};
