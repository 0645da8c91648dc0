/**
 * Which alarms would be on in CloudWatch: the same definitions, applied to the values measured
 * here.
 */
import { evaluate, type Points } from '#infra/monitoring/math.ts';
import type { AlarmSpec, Runbook, Series, Stat } from '#infra/monitoring/spec.ts';
import { binOf, type MetricStore, PERIOD_SECONDS } from './store.ts';

export interface AlarmOn {
  readonly id: string;
  readonly severity: AlarmSpec['severity'];
  readonly runbook: Runbook;
}

const add = (a: number, b: number): number => a + b;
/**
 * Alarms use only these. Percentiles of a period cannot be computed from percentiles of its bins.
 */
const JOINED: Partial<Readonly<Record<Stat, (a: number, b: number) => number>>> = {
  Sum: add,
  Maximum: Math.max,
  Minimum: Math.min,
};

/** Joins bins to periods; the last period ends now. */
const periodsOf = (points: Points, periods: number, stat: Stat): Points => {
  const width = points.length / periods;
  const join = JOINED[stat];
  if (!join) throw new RangeError(`no alarm can watch the ${stat} here`);
  return Array.from({ length: periods }, (_, index) => {
    const some = points.slice(index * width, (index + 1) * width);
    const values = some.filter((value) => value !== undefined);
    return values.length === 0 ? undefined : values.reduce(join);
  });
};

const watchedValue = (series: Series, spec: AlarmSpec, store: MetricStore, now: number): Points => {
  const { of: periods, seconds } = spec.when;
  const length = (periods * seconds) / PERIOD_SECONDS;
  if (series.kind === 'math') {
    const named = (id: string): Points | undefined => {
      const other = spec.series.find((each) => each.id === id);
      return other && watchedValue(other, spec, store, now);
    };
    const world = { length: periods, periodSeconds: seconds, series: named };
    return evaluate(series.expression, world);
  }
  const first = binOf(now) - length + 1;
  return periodsOf(store.points(series.metric, first, length), periods, series.metric.stat);
};

const isOn = (spec: AlarmSpec, store: MetricStore, now: number, since: number): boolean => {
  const { over, under, when, missing, series } = spec;
  const watched = series.at(-1);
  const points = watched ? watchedValue(watched, spec, store, now) : [];
  // Before measuring began no value can be missing.
  const old = now - since >= when.of * when.seconds * 1_000;
  const breaches = (value: number | undefined): boolean => {
    if (value === undefined) return missing.as === 'breaching' && old;
    return over === undefined ? value < (under ?? 0) : value > over;
  };
  return points.filter(breaches).length >= when.breaching;
};

/**
 * The alarms that are on, in the order of their definitions.
 *
 * @param now ms since the epoch
 * @param since when measuring began, ms since the epoch
 */
export const alarmsOn = (
  specs: readonly AlarmSpec[],
  store: MetricStore,
  now: number,
  since: number,
): readonly AlarmOn[] =>
  specs
    .filter((spec) => isOn(spec, store, now, since))
    .map(({ id, severity, runbook }) => ({ id, severity, runbook }));
