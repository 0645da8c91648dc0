import { describe, expect, it } from 'vitest';
import { simulate } from '../bench/simulate.ts';
import { simulateCases } from '../bench/simulation.ts';

const UNITS = { plain: 2, paid: 8 };
const SMALL = {
  offered: 200,
  forSeconds: 30,
  jobSeconds: 0.5,
  maxConcurrency: 100,
  executions: 1_000,
  writeUnits: 4_000,
  unitsOfJob: 2,
};

describe('a simulated stack', () => {
  it('takes all that is offered below its bounds, and leaves nothing waiting', () => {
    const { first, jobsPerSecond, backlog } = simulate(SMALL);
    expect(first).toBeUndefined();
    expect(jobsPerSecond).toBeGreaterThan(190);
    expect(backlog).toBeLessThan(200);
  });

  it('gives the same figures for the same seed, others for another', () => {
    expect(simulate(SMALL, 7)).toEqual(simulate(SMALL, 7));
    expect(simulate(SMALL, 8).jobsPerSecond).not.toBe(simulate(SMALL, 7).jobsPerSecond);
  });

  it.each([
    ['maxConcurrency', { maxConcurrency: 5 }],
    ['executions', { executions: 5 }],
    ['table', { writeUnits: 100 }],
    ['groups', { groups: 10 }],
    ['ramp', { offered: 30_000, forSeconds: 6, maxConcurrency: 9_000, executions: 9_000 }],
  ] as const)('meets %s', (brake, over) => {
    const scenario = { ...SMALL, ...(brake === 'ramp' && { writeUnits: 1e6 }), ...over };
    expect(simulate(scenario).first?.brake).toBe(brake);
  });

  it('runs jobs of one group one after another', () => {
    expect(simulate({ ...SMALL, groups: 1 }).jobsPerSecond).toBeCloseTo(2, 0);
  });
});

it('ten thousand jobs a second come out as they were reckoned, less the time of invocations', () => {
  for (const { what, simulated, reckoned } of simulateCases(UNITS)) {
    const share = simulated.jobsPerSecond / reckoned;
    expect([what, share > 0.78 && share < 1.02]).toEqual([what, true]);
  }
});
