import { describe, expect, it } from 'vitest';
import { boundsOf } from '../bench/bounds.ts';

const UNITS = { plain: 2, paid: 8 };
const at = (seconds: number, what: string) =>
  boundsOf(UNITS, seconds).find((each) => each.what.startsWith(what))?.jobs;

describe('the bounds of one stack', () => {
  it('are in the order in which they are reached', () => {
    const rates = boundsOf(UNITS, 1).map(({ jobs }) => jobs);
    expect(rates).toEqual(rates.toSorted((a, b) => a - b));
    expect(boundsOf(UNITS, 60)[0]).toMatchObject({
      what: expect.stringContaining('maxConcurrency'),
    });
  });

  it('of executions come earlier with longer jobs, those of tables do not', () => {
    expect([at(0.1, 'Lambda'), at(1, 'Lambda')]).toEqual([100_000, 10_000]);
    for (const seconds of [0.1, 60]) expect(at(seconds, 'the jobs table:')).toBe(20_000);
  });

  it('of the ledger come with what a paid job writes there', () => {
    expect(at(1, 'paid jobs: the ledger, just made')).toBe(500);
  });
});
