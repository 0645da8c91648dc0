import { describe, expect, it } from 'vitest';
import { alarmsOf } from '#infra/monitoring/alarms.ts';
import { dashboardOf } from '#infra/monitoring/dashboard.ts';
import { inventoryOf } from '#infra/monitoring/inventory.ts';
import { evaluate, MathError, type Points } from '#infra/monitoring/math.ts';

const SERIES: Readonly<Record<string, Points>> = {
  a: [1, 2, undefined, 4],
  b: [10, 0, 5, undefined],
};

const of = (expression: string) =>
  evaluate(expression, { length: 4, periodSeconds: 5, series: (id) => SERIES[id] });

describe('metric math', () => {
  it.each([
    ['1+2*3', [7, 7, 7, 7]],
    ['(1+2)*3-4/2', [7, 7, 7, 7]],
    ['2^3-1', [7, 7, 7, 7]],
    ['10-4-3', [3, 3, 3, 3]],
    ['-a', [-1, -2, undefined, -4]],
    ['a+b', [11, 2, undefined, undefined]],
    ['a/b', [0.1, undefined, undefined, undefined]],
    ['FILL(a,0)+FILL(b,1)', [11, 2, 5, 5]],
    ['IF(b>=5,100*b,0)', [1000, 0, 500, undefined]],
    ['IF(FILL(a,0)>1,1,2)', [2, 1, 2, 1]],
    ['a/PERIOD(a)', [0.2, 0.4, undefined, 0.8]],
    ['a == 2', [0, 1, undefined, 0]],
  ])('%s', (expression, points) => {
    expect(of(expression)).toEqual(points);
  });

  it.each(['1+', 'c', 'RATE(a)', '(1', '1 2', 'a & b', ''])('refuses "%s"', (expression) => {
    expect(() => of(expression)).toThrow(MathError);
  });

  it('knows every expression of the dashboard and the alarms', () => {
    const inventory = inventoryOf('dev', ['worker', 'prober']);
    const all = [
      ...dashboardOf(inventory).rows.flatMap(({ widgets }) => widgets),
      ...alarmsOf(inventory),
    ].flatMap(({ series }) => series);
    const expressions = all.flatMap((each) => (each.kind === 'math' ? [each.expression] : []));
    expect(expressions.length).toBeGreaterThan(5);
    for (const expression of expressions)
      expect(
        evaluate(expression, { length: 2, periodSeconds: 60, series: () => [1, undefined] }),
      ).toHaveLength(2);
  });
});
