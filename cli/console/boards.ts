/** The overview's graphs and alarms: of an embedded cloud by what it prints, else by CloudWatch. */
import type { MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { Watching } from '#client/watching.ts';
import type { Cloud } from '#emulator/cloud.ts';
import { alarmsOn } from '#emulator/dashboard/alarms.ts';
import type { Recorder } from '#emulator/dashboard/recorder.ts';
import { drawAll, type Measurements, type Span } from '#emulator/dashboard/render.ts';
import { BINS, binOf, PERIOD_SECONDS } from '#emulator/dashboard/store.ts';
import { alarmsOf } from '#infra/monitoring/alarms.ts';
import { dashboardOf, searchOf } from '#infra/monitoring/dashboard.ts';
import { inventoryOf, nameIn } from '#infra/monitoring/inventory.ts';
import type { AlarmSpec, DashboardSpec, MetricRef, Series } from '#infra/monitoring/spec.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import type { Board, BoardAlarm } from './wire.ts';

/** Gives the board of the last so many seconds. */
export type BoardSource = (rangeSeconds: number) => Promise<Board>;

/** What is drawn of a stage. */
const specOf = (stage: string) => {
  const inventory = inventoryOf(stage);
  return { inventory, spec: dashboardOf(inventory), alarms: alarmsOf(inventory) };
};

const isCounted = (series: Series): boolean =>
  series.kind === 'math' ? series.label === 'sent' : series.metric.stat === 'Sum';

const rowsOf = (spec: DashboardSpec, measured: Measurements, span: Span): Board['rows'] => {
  const drawn = drawAll(spec, measured, span);
  let at = 0;
  return spec.rows.map(({ title, hint, widgets }) => ({
    title,
    hint,
    widgets: widgets.map(({ title: name, view, unit, series, limits = [] }) => {
      const lines = drawn[at] ?? [];
      at += 1;
      const shown = series.filter(({ hidden }) => !hidden);
      return {
        title: name,
        view,
        unit,
        limits,
        lines: lines.map(({ label, points }) => ({
          label,
          points: points.map((value) => value ?? null),
        })),
        counted: lines.map(({ label }) => {
          const one = shown.find(
            (each) => label === each.label || label.endsWith(` ${each.label}`),
          );
          return one !== undefined && isCounted(one);
        }),
      };
    }),
  }));
};

const alarmOf = ({ id, severity, runbook }: Pick<AlarmSpec, 'id' | 'severity' | 'runbook'>) => ({
  id,
  severity,
  ...runbook,
});

const SAMPLE_MS = 1_000;
const TABLES_MS = 5_000;
/** An embedded cloud that started a moment ago: its graphs begin at its start, not before. */
const BINS_MIN = 60;

/** Samples queues each second and tables every five, until `stop`. */
export const localBoard = (stage: string, recorder: Recorder, cloud: Cloud) => {
  const { spec, alarms } = specOf(stage);
  const began = systemClock.now();
  let tables: readonly { readonly name: string; readonly items: number }[] = [];
  const countTables = async (): Promise<void> => {
    tables = await cloud.tables();
  };
  const sampler = setInterval(() => recorder.sample(cloud), SAMPLE_MS);
  const counter = setInterval(() => void countTables().catch(() => undefined), TABLES_MS);
  for (const timer of [sampler, counter]) timer.unref();
  const board: BoardSource = (rangeSeconds) => {
    const now = systemClock.now();
    const lived = Math.max(BINS_MIN, binOf(now) - binOf(began) + 1);
    const length = Math.min(BINS, Math.ceil(rangeSeconds / PERIOD_SECONDS), lived);
    const first = binOf(now) - length + 1;
    const binMs = PERIOD_SECONDS * 1_000;
    return Promise.resolve({
      from: first * binMs,
      binMs,
      length,
      rows: rowsOf(spec, recorder.store, { first, length }),
      alarms: {
        defined: alarms.length,
        on: alarmsOn(alarms, recorder.store, now, began).map(alarmOf),
      },
      machine: { queues: cloud.queues(), tables },
    });
  };
  const stop = (): void => {
    for (const timer of [sampler, counter]) clearInterval(timer);
  };
  return { board, stop };
};

/** Seconds of a bin for a range: at most some 300 bins, as CloudWatch keeps them. */
const periodOf = (rangeSeconds: number): number =>
  [60, 300, 900, 3_600, 14_400].find((period) => rangeSeconds / period <= 300) ?? 21_600;

const keyOf = ({ namespace, name, dimensions, stat }: MetricRef, by = ''): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).sort(), stat, by]);

const queryOf = (Id: string, series: Series, Period: number): MetricDataQuery | undefined => {
  if (series.kind === 'math') return undefined;
  const { namespace, name, dimensions, stat: Stat } = series.metric;
  if (series.kind === 'search') {
    const Expression = searchOf(series.metric, series.by, Period);
    return { Id, Expression, Label: `\${PROP('Dim.${series.by}')}`, Period };
  }
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return {
    Id,
    MetricStat: { Metric: { Namespace: namespace, MetricName: name, Dimensions }, Period, Stat },
  };
};

/** Every metric once, however many widgets draw it. */
const queriesOf = (spec: DashboardSpec, period: number) => {
  const byKey = new Map<string, MetricDataQuery>();
  for (const series of spec.rows.flatMap(({ widgets }) => widgets.flatMap((each) => each.series))) {
    const query = queryOf(`m${byKey.size}`, series, period);
    if (!query || series.kind === 'math') continue;
    const key = keyOf(series.metric, series.kind === 'search' ? series.by : '');
    if (!byKey.has(key)) byKey.set(key, query);
  }
  return byKey;
};

const measuredBy = (
  byKey: ReadonlyMap<string, MetricDataQuery>,
  results: readonly MetricDataResult[],
  periodMs: number,
): Measurements => {
  const of = Map.groupBy(results, ({ Id = '' }) => Id);
  const pointsOf = (found: readonly MetricDataResult[], first: number, length: number) => {
    const points = new Array<number | undefined>(length).fill(undefined);
    for (const { Timestamps = [], Values = [] } of found)
      Timestamps.forEach((at, index) => {
        const bin = Math.floor(at.getTime() / periodMs) - first;
        if (bin >= 0 && bin < length) points[bin] = Values[index];
      });
    return points;
  };
  const found = (key: string): readonly MetricDataResult[] =>
    of.get(byKey.get(key)?.Id ?? '') ?? [];
  return {
    points: (metric, first, length) => pointsOf(found(keyOf(metric)), first, length),
    search: (metric, by, first, length) =>
      [...Map.groupBy(found(keyOf(metric, by)), ({ Label = '' }) => Label)].map(
        ([value, parts]) => [value, pointsOf(parts, first, length)] as const,
      ) as [string, (number | undefined)[]][],
  };
};

/** US$ for a metric in GetMetricData; documented: 0.01 for a thousand. */
const USD_METRIC = 0.000_01;

/** The board of a stage in AWS, and how its alarms stand. */
export const cloudWatchBoard = (stage: string, watching: Watching): BoardSource => {
  const { inventory, spec, alarms } = specOf(stage);
  const byName = new Map(alarms.map((each) => [nameIn(inventory, each.id), each]));
  return async (rangeSeconds) => {
    const periodSeconds = periodOf(rangeSeconds);
    const binMs = periodSeconds * 1_000;
    const length = Math.ceil(rangeSeconds / periodSeconds);
    const now = systemClock.now();
    const first = Math.floor(now / binMs) - length + 1;
    const queries = queriesOf(spec, periodSeconds);
    const [results, states] = await Promise.all([
      watching.metricData([...queries.values()], first * binMs, now),
      watching.alarms(nameIn(inventory, '')),
    ]);
    const on = states
      .filter(({ state }) => state === 'ALARM')
      .flatMap(({ name, reason, since }): BoardAlarm[] => {
        const known = byName.get(name);
        return known ? [{ ...alarmOf(known), reason, since }] : [];
      });
    return {
      from: first * binMs,
      binMs,
      length,
      rows: rowsOf(spec, measuredBy(queries, results, binMs), { first, length, periodSeconds }),
      alarms: { defined: states.length, on },
      note: `CloudWatch was asked for ${queries.size} metrics: about US$ ${(queries.size * USD_METRIC).toFixed(4)} each time. Metrics come a minute or two late.`,
    };
  };
};
