import { describe, it } from 'vitest';
import {
  openServer,
  play,
  type Scenario,
  step,
  strikeEachCall,
  WAITING,
} from '../support/faultScenarios.ts';
import { FAULTS, type Fault } from '../support/faults.ts';
import { seeded } from '../support/seeded.ts';

openServer();
strikeEachCall(WAITING);

const FAULTY_CALLS = 60;
const RUNS = Number(process.env['SHERATAN_FAULT_RUNS'] ?? 20);
const FIRST = Number(process.env['SHERATAN_FAULT_SEED'] ?? 1);

describe('whatever strikes at random', () => {
  it(`all kinds of jobs together come to their end (${RUNS} schedules)`, async () => {
    const all: Scenario = {
      control: { limits: { slow: { perMinute: 6, concurrency: 1 } } },
      send: async (world) => {
        await world.send(step('g1', {}, { lane: 'g', failures: 1 }), 'g');
        await world.send(step('join', { dependsOn: ['left', 'right'] }), 'j');
        await world.send(step('g2', {}, { lane: 'g', dies: true }), 'g');
        await world.send(step('left', { source: 'slow' }, { child: 'kid' }), 'l');
        await world.send(step('g3', { delaySeconds: 30 }, { lane: 'g' }), 'g');
        await world.send(step('right', { source: 'slow' }), 'r');
        await world.send(step('told', { callback: { url: 'http://example.org/' } }), 't');
      },
      ends: {
        g1: 'COMPLETED',
        g2: 'DEAD',
        g3: 'COMPLETED',
        join: 'COMPLETED',
        kid: 'COMPLETED',
        left: 'COMPLETED',
        right: 'COMPLETED',
        told: 'COMPLETED',
      },
      callbacks: ['told'],
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
});
