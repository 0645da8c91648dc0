import { it } from 'vitest';
import {
  openServer,
  play,
  type Scenario,
  STEPWISE,
  strikeEachCall,
} from '../support/faultScenarios.ts';
import { FAULTS, type Fault } from '../support/faults.ts';
import { seeded } from '../support/seeded.ts';

/** By turns at every third call; every fault at each call with the variable. */
const TURNS: readonly Fault[] = ['killed before', 'killed after', 'answer lost', 'stalled'];

const turnAt = (call: number): readonly Fault[] =>
  call % 3 === 0 ? TURNS.slice((call / 3) % TURNS.length).slice(0, 1) : [];

openServer();
strikeEachCall(STEPWISE, process.env['SHERATAN_EVERY_FAULT'] ? () => FAULTS : turnAt);

const FAULTY_CALLS = 60;
const RUNS = Number(process.env['SHERATAN_FAULT_RUNS'] ?? 8);
const FIRST = Number(process.env['SHERATAN_FAULT_SEED'] ?? 1);

it(`stepwise jobs together come to their end, whatever strikes at random (${RUNS} schedules)`, async () => {
  const all: Scenario = {
    send: async (world) => {
      await world.send({ kind: 'trek', id: 'trek', payload: {}, group: 'g' }, 'g');
      await world.send({ kind: 'trip', id: 'trip', payload: {} }, 'trip');
      await world.send({ kind: 'boss', id: 'boss', payload: {} }, 'boss');
      const teller = { kind: 'teller', id: 'teller', payload: { to: 'trek' } };
      await world.send({ ...teller, delaySeconds: 200 }, 'teller');
    },
    ends: {
      trek: 'COMPLETED',
      teller: 'COMPLETED',
      trip: 'DEAD',
      boss: 'COMPLETED',
      'boss.step': 'COMPLETED',
      'boss.other': 'COMPLETED',
      'boss.late': 'CANCELLED',
    },
  };
  for (let seed = FIRST; seed < FIRST + RUNS; seed += 1) {
    const random = seeded(seed);
    const plan = (call: number): Fault | undefined =>
      call < FAULTY_CALLS && random() < 0.15
        ? FAULTS[Math.floor(random() * FAULTS.length)]
        : undefined;
    try {
      await play(all, plan);
    } catch (error) {
      throw new Error(`seed ${seed}: rerun with SHERATAN_FAULT_SEED=${seed}`, { cause: error });
    }
  }
}, 900_000);
