/** What a stage has of the monitoring at each level, what that costs, and the document that says it. */
import { readFileSync } from 'node:fs';
import { describe, expect, inject, it } from 'vitest';
import { loadAssembly } from '#emulator/template/template.ts';
import { type FixedCosts, fixedCosts, sumOfCosts } from '#infra/monitoring/costs.ts';
import { inventoryOf } from '#infra/monitoring/inventory.ts';
import { alarmsAt, metricsAt } from '#infra/monitoring/level.ts';
import { EMITTED } from '#shared/contracts/metrics.ts';
import { costsByLevel, costsDocument } from '../bench/costs.ts';
import { described } from '../support/described.ts';

const FREE_ALARM_METRICS = 10;
const FREE_CUSTOM_METRICS = 10;

const templateOf = (settings?: Readonly<Record<string, string>>) =>
  loadAssembly(described(settings)).template;
type Template = ReturnType<typeof templateOf>;

const none = templateOf({ monitoring: 'none' });
const basic = templateOf();
const prod = templateOf({ stage: 'prod' });

const of = ({ Resources }: Template, type: string) =>
  Object.values(Resources).flatMap(({ Type, Properties = {} }) =>
    Type === type ? [Properties] : [],
  );
const names = (template: Template) =>
  of(template, 'AWS::CloudWatch::Alarm').map(({ AlarmName }) => String(AlarmName));
const emitted = (template: Template) => [
  ...new Set(
    of(template, 'AWS::Lambda::Function').map(({ Environment }) => {
      const { Variables } = Environment as { Variables: Readonly<Record<string, unknown>> };
      return Variables['METRICS_EMITTED'];
    }),
  ),
];

describe('no monitoring', () => {
  it('has no alarm, topic, dashboard or metric', () => {
    const types = Object.values(none.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => /^AWS::(?:CloudWatch|SNS)::/.test(type))).toEqual([]);
    expect(none.Outputs).not.toHaveProperty('DashboardName');
    expect(emitted(none)).toEqual(['']);
  });
});

describe('basic monitoring', () => {
  const alarms = alarmsAt('basic', inventoryOf('dev'));

  it('is the default of a stage that is not for production', () => {
    expect(names(basic).sort()).toEqual(alarms.map(({ id }) => `sheratan-dev-${id}`).sort());
    expect(of(basic, 'AWS::SNS::Topic')).toMatchObject([{ TopicName: 'sheratan-dev-alarms' }]);
    expect(of(basic, 'AWS::CloudWatch::Dashboard')).toEqual([]);
    expect(basic.Outputs).not.toHaveProperty('DashboardName');
  });

  it('stays within the metrics that CloudWatch gives an account for nothing', () => {
    const watched = alarms.flatMap(({ series }) => series).filter(({ kind }) => kind === 'metric');
    expect(watched).toHaveLength(FREE_ALARM_METRICS);
    expect(metricsAt('basic', inventoryOf('dev')).length).toBeLessThan(FREE_CUSTOM_METRICS);
  });

  it('has only alarms that page', () => {
    expect([...new Set(alarms.map(({ severity }) => severity))]).toEqual(['page']);
  });

  it('emits what its alarms watch, and nothing else', () => {
    const [own = '', ...others] = metricsAt('basic', inventoryOf('dev'));
    expect(others).toEqual([]);
    expect(EMITTED['timekeeper']).toContain(own);
    expect(emitted(basic)).toEqual([own]);
  });
});

describe('full monitoring', () => {
  it('is the default of a production stage: all alarms, the dashboard, every metric', () => {
    const all = alarmsAt('full', inventoryOf('prod'));
    expect(names(prod).sort()).toEqual(all.map(({ id }) => `sheratan-prod-${id}`).sort());
    expect(of(prod, 'AWS::CloudWatch::Dashboard')).toHaveLength(1);
    expect(prod.Outputs).toHaveProperty('DashboardName');
    expect(emitted(prod)).toEqual(['*']);
  });

  it('is what an embedded cloud has of any stage', () => {
    expect(emitted(loadAssembly(inject('assemblyDir')).template)).toEqual(['*']);
  });
});

const rounded = (costs: FixedCosts) =>
  Object.fromEntries(
    Object.entries({ ...costs, together: sumOfCosts(costs) }).map(([name, usd]) => [
      name,
      Number(usd.toFixed(2)),
    ]),
  );

describe('the fixed costs of a month', () => {
  const byLevel = costsByLevel();
  const always = { secrets: 0.8, polling: 2.3, ticks: 0.23 };
  const nothing = { alarms: 0, dashboard: 0, customMetrics: 0 };
  const little = { alarms: 1, dashboard: 0, customMetrics: 0.3 };
  const all = { alarms: 7.8, dashboard: 3, customMetrics: 18.3 };

  it('are next to nothing without monitoring', () => {
    const { none: costs } = byLevel;
    expect(rounded(costs)).toEqual({ ...nothing, ...always, together: 3.33 });
    expect(fixedCosts(none.Resources)).toEqual(costs);
  });

  it('are US$ 1.30 more for what a stage for development watches', () => {
    const { basic: costs } = byLevel;
    expect(rounded(costs)).toEqual({ ...little, ...always, together: 4.63 });
    expect(fixedCosts(basic.Resources)).toEqual(costs);
  });

  it('are US$ 32.43 for what a production stage watches', () => {
    const { full: costs } = byLevel;
    expect(rounded(costs)).toEqual({ ...all, ...always, together: 32.43 });
    expect(fixedCosts(prod.Resources)).toEqual(costs);
  });

  it('are in the document as they are: npm run costs', () => {
    expect(readFileSync('docs/costs.md', 'utf8')).toBe(costsDocument());
  });
});
