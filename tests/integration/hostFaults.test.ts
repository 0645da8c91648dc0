import { expect, inject, it } from 'vitest';
import { announce, type Committed } from '#shared/hosts/events/announce.ts';
import { changeIdOf } from '#shared/hosts/events/changeId.ts';
import type { ProbeMessage } from '#shared/hosts/ports.ts';
import { carryOut } from '#shared/hosts/probing/handleMessage.ts';
import type { StateChange } from '#shared/hosts/probing/hostState.ts';
import { recordCommits } from '../support/commits.ts';
import { createInjector, FAULTS, type Fault } from '../support/faults.ts';
import { FAIL, OK } from '../support/probes.ts';
import { type Shards, startShards } from '../support/shards.ts';

const RUNS = Number(process.env['SHERATAN_FAULT_RUNS'] ?? 6);
const SHARD = '60-0';
const MINUTE = 60_000;
const START = Date.parse('2026-03-01T10:00:00Z');
/** Fails when the test says so, and one that is well all the time. */
const SHAKY = 'h-0';
const WELL = 'h-1';

const seeded = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

const turn = (n: number): ProbeMessage => ({
  kind: 'shard',
  shard: SHARD,
  at: START + n * MINUTE,
});

type Plan = (call: number, name: string) => Fault | undefined;

const startMesh = async () => {
  let plan: Plan = () => undefined;
  const injector = createInjector((call, name) => plan(call, name));
  const shards = await startShards(inject('dynamoEndpoint'), 2);
  const commits = recordCommits(shards.client);
  injector.attach(shards.client);
  const put: StateChange[] = [];
  const events = { put: async (changes: readonly StateChange[]) => void put.push(...changes) };
  const attempt = (work: () => Promise<unknown>): Promise<unknown> =>
    injector.invoke(work).catch(() => 'failed');
  const prober = { ...shards.deps };
  return {
    shards,
    injector,
    commits,
    put,
    plan: (next: Plan) => {
      plan = next;
    },
    run: (message: ProbeMessage): Promise<unknown> =>
      attempt(() =>
        carryOut(message, 50_000, { ...prober, clock: { now: () => message.at + 1_000 } }),
      ),
    /** As a stream does: the same commit again until it is through, each in its turn. */
    announceAll: async (): Promise<void> => {
      for (const commit of commits.splice(0).filter(({ changes }) => changes.length > 0)) {
        const tell = (each: Committed) => announce(each, { events, projection: shards.projection });
        while (typeof (await attempt(() => tell(commit))) === 'string');
      }
    },
  };
};

type Mesh = Awaited<ReturnType<typeof startMesh>>;

const historyOf = async ({ projection }: Shards, host: string): Promise<readonly StateChange[]> =>
  [...(await projection.changes(host, 1_000))].reverse();

/** Every change is there once, begins where the one before ended, was told, and ends in the state. */
const check = async ({ shards, put }: Mesh): Promise<void> => {
  const state = await shards.deps.store.read(SHARD);
  const rows = await shards.projection.rows(SHARD);
  const ids: string[] = [];
  for (const [number, host] of [SHAKY, WELL].entries()) {
    const history = await historyOf(shards, host);
    const [first] = history;
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, n) => (first?.seq ?? 0) + n));
    expect(history.map(({ from }) => from)).toEqual(
      ['unknown', ...history.map(({ to }) => to)].slice(0, -1),
    );
    const live = state.live.get(number);
    expect(history.at(-1)).toMatchObject({ to: live?.state, seq: live?.seq });
    expect(rows[number]).toMatchObject({ host, state: live?.state, seq: live?.seq });
    ids.push(...history.map(changeIdOf));
  }
  expect(new Set(put.map(changeIdOf))).toEqual(new Set(ids));
  expect((await historyOf(shards, WELL)).map(({ to }) => to)).toEqual(['online']);
};

it('loses no change and makes none twice, whatever strikes at whichever call of a turn', async () => {
  const mesh = await startMesh();
  const { shards, injector, run, plan, announceAll } = mesh;
  let n = 0;
  const turns = async (count: number): Promise<void> => {
    for (const last = n + count; n < last; n += 1) await run(turn(n));
  };
  await turns(1);
  let cycles = 0;
  let calls = 1;
  for (let call = 0; call < calls; call += 1)
    for (const fault of FAULTS) {
      shards.find({ [SHAKY]: FAIL });
      await turns(2);
      const before = injector.calls.length;
      plan((at) => (at === before + call ? fault : undefined));
      await turns(1);
      calls = Math.max(calls, injector.calls.length - before);
      plan(() => undefined);
      await turns(2);
      await injector.wake();
      shards.find({ [SHAKY]: OK });
      await turns(2);
      await announceAll();
      cycles += 1;
      const downs = (await historyOf(shards, SHAKY)).filter(({ to }) => to === 'offline');
      expect(downs, `${fault} at call ${call}`).toHaveLength(cycles);
    }
  expect(calls).toBeGreaterThanOrEqual(4);
  await check(mesh);
  console.log(`${cycles} fault points of a shard's turn tried`);
});

const strikes =
  (random: () => number, share: number): Plan =>
  () =>
    random() < share ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;

it.each(Array.from({ length: RUNS }, (_, seed) => seed))(
  'random turns, suspicions and faults, seed %i: every change once, the well never down',
  async (seed) => {
    const random = seeded(seed + 1);
    const mesh = await startMesh();
    const { shards, injector, run, plan, announceAll } = mesh;
    await run(turn(0));
    plan(strikes(random, 0.08));
    for (let n = 1; n <= 30; n += 1) {
      shards.find({ [SHAKY]: random() < 0.6 ? FAIL : OK });
      const suspicion: ProbeMessage = {
        kind: 'suspect',
        shard: SHARD,
        host: SHAKY,
        detail: 'refused',
        at: START + n * MINUTE + 20_000,
      };
      const late = turn(Math.max(0, n - Math.floor(random() * 3)));
      const messages = [turn(n), ...[late, turn(n), suspicion].filter(() => random() < 0.3)];
      if (random() < 0.5) await Promise.all(messages.map(run));
      else for (const message of messages) await run(message);
      if (random() < 0.3) await injector.wake();
      if (random() < 0.3) await announceAll();
    }
    plan(() => undefined);
    await injector.wake();
    await injector.wake();
    await run(turn(40));
    await announceAll();
    await check(mesh);
  },
);
