/** The definition of the dashboard, and its form in CloudWatch. */
import type { Inventory } from './inventory.ts';
import { nameIn } from './inventory.ts';
import { jobsRow } from './jobs.ts';
import { callbacksRow, functionsRow, hostsRow, tablesRow } from './machinery.ts';
import { costRow, ledgerRow } from './money.ts';
import type { DashboardSpec, MetricRef, Row, Series, Widget } from './spec.ts';

/** The dashboard of a deployment, row by row. */
export const dashboardOf = (inventory: Inventory): DashboardSpec => ({
  name: nameIn(inventory, 'mesh'),
  rows: [
    jobsRow(inventory),
    ledgerRow(inventory),
    ...(inventory.hasHosts ? [hostsRow(inventory)] : []),
    callbacksRow(inventory),
    functionsRow(inventory),
    tablesRow(inventory),
    costRow(inventory),
  ],
});

const COLUMNS = 24;
const WIDTH = 6;
const HEIGHT = 6;
const PERIOD_SECONDS = 60;

/** CloudWatch's expression for "every value of this dimension". */
export const searchOf = (
  { namespace, name, dimensions, stat }: MetricRef,
  by: string,
  periodSeconds = PERIOD_SECONDS,
): string => {
  const schema = [`"${namespace}"`, ...Object.keys(dimensions), by].join(',');
  const fixed = Object.entries(dimensions).map(([key, value]) => ` ${key}="${value}"`);
  return `SEARCH('{${schema}} MetricName="${name}"${fixed.join('')}', '${stat}', ${periodSeconds})`;
};

const metricOf = (series: Series): readonly unknown[] => {
  const { label, id, hidden } = series;
  const common = { ...(id && { id }), ...(hidden && { visible: false }) };
  if (series.kind === 'math') return [{ ...common, expression: series.expression, label }];
  const { metric } = series;
  if (series.kind === 'search') {
    const expression = searchOf(metric, series.by);
    return [{ ...common, expression, label: `\${PROP('Dim.${series.by}')} ${label}` }];
  }
  const dimensions = Object.entries(metric.dimensions).flat();
  return [metric.namespace, metric.name, ...dimensions, { ...common, label, stat: metric.stat }];
};

const propertiesOf = ({ title, view, unit, series, limits }: Widget, region: string) => ({
  title: `${title} (${unit})`,
  view: view === 'numbers' ? 'singleValue' : 'timeSeries',
  stacked: view === 'stacked',
  region,
  period: PERIOD_SECONDS,
  metrics: series.map(metricOf),
  ...(view !== 'numbers' && { yAxis: { left: { min: 0, showUnits: false, label: unit } } }),
  ...(limits && { annotations: { horizontal: limits } }),
});

interface Placed {
  readonly type: 'text' | 'metric';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: object;
}

const placeRow = ({ title, hint, widgets }: Row, top: number, region: string): Placed[] => {
  const markdown = `## ${title}\n${hint}`;
  const head = { x: 0, y: top, width: COLUMNS, height: 2, properties: { markdown } };
  const perLine = COLUMNS / WIDTH;
  return [
    { type: 'text', ...head },
    ...widgets.map((widget, index) => ({
      type: 'metric' as const,
      x: (index % perLine) * WIDTH,
      y: top + head.height + Math.floor(index / perLine) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      properties: propertiesOf(widget, region),
    })),
  ];
};

/** The body of CloudWatch's dashboard. Its first row is the state of the alarms. */
export const dashboardBodyOf = (
  { rows }: DashboardSpec,
  region: string,
  alarmArns: readonly string[],
): { readonly widgets: readonly Placed[] } => {
  const alarms = { type: 'alarm', x: 0, y: 0, width: COLUMNS, height: 3 };
  const widgets: unknown[] = [
    { ...alarms, properties: { title: 'Alarms', alarms: alarmArns, states: ['ALARM'] } },
  ];
  let top = alarms.height;
  for (const row of rows) {
    const placed = placeRow(row, top, region);
    widgets.push(...placed);
    top = Math.max(...placed.map(({ y, height }) => y + height));
  }
  return { widgets: widgets as Placed[] };
};
