/** What a stage costs by the month although nothing happens, pinned; and the document that says it. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadAssembly } from '#emulator/template/template.ts';
import { type FixedCosts, fixedCosts, sumOf } from '#infra/monitoring/costs.ts';
import { costsByLevel, costsDocument } from '../bench/costs.ts';
import { synthesized } from '../support/synthesize.ts';

const rounded = (costs: FixedCosts) =>
  Object.fromEntries(
    Object.entries({ ...costs, together: sumOf(costs) }).map(([name, usd]) => [
      name,
      Number(usd.toFixed(2)),
    ]),
  );
const ofStage = async (stage: string): Promise<FixedCosts> => {
  const dir = await synthesized([`stage=${stage}`, 'securityChecks=off']);
  return fixedCosts(loadAssembly(dir).template.Resources);
};

let byLevel: Awaited<ReturnType<typeof costsByLevel>>;
beforeAll(async () => {
  byLevel = await costsByLevel();
}, 600_000);

describe('the fixed costs of a month', () => {
  const always = { secrets: 0.8, polling: 2.3, ticks: 0.23 };
  const nothing = { alarms: 0, dashboard: 0, customMetrics: 0 };
  const little = { alarms: 1, dashboard: 0, customMetrics: 0.3 };
  const all = { alarms: 7.2, dashboard: 3, customMetrics: 18.3 };

  it('are next to nothing without monitoring', () => {
    expect(rounded(byLevel.none)).toEqual({ ...nothing, ...always, together: 3.33 });
  });

  it('are US$ 1.30 more for what a stage for development watches', async () => {
    expect(rounded(byLevel.basic)).toEqual({ ...little, ...always, together: 4.63 });
    expect(await ofStage('dev')).toEqual(byLevel.basic);
  });

  it('are US$ 31.83 for what a production stage watches', async () => {
    expect(rounded(byLevel.full)).toEqual({ ...all, ...always, together: 31.83 });
    expect(await ofStage('prod')).toEqual(byLevel.full);
  });
});

it('are in the document as they are: npm run costs', async () => {
  expect(readFileSync('docs/costs.md', 'utf8')).toBe(await costsDocument());
});
