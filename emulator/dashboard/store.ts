/**
 * What was measured in the last half hour, in bins of five seconds; the questions are those of
 * CloudWatch.
 */
import type { Points } from '#infra/monitoring/math.ts';
import type { MetricRef, Stat } from '#infra/monitoring/spec.ts';

export const PERIOD_SECONDS = 5;
/** Bins that are kept: half an hour. */
export const BINS = 360;
/** Values that a bin keeps for its percentiles. */
const VALUES_MAX = 500;

interface Bin {
  count: number;
  sum: number;
  min: number;
  max: number;
  readonly values: number[];
}

type Dimensions = Readonly<Record<string, string>>;

interface Measured {
  readonly dimensions: Dimensions;
  readonly bins: Map<number, Bin>;
}

export interface MetricStore {
  /**
   * Adds values to the bin of a time.
   *
   * @param at ms since the epoch
   */
  record(
    metric: { readonly namespace: string; readonly name: string; readonly dimensions: Dimensions },
    values: readonly number[],
    at: number,
  ): void;
  /** The values of `length` bins from bin `first` on; undefined for a bin without values. */
  points(metric: MetricRef, first: number, length: number): Points;
  /** As `points`, for each value of one more dimension. */
  search(metric: MetricRef, by: string, first: number, length: number): readonly [string, Points][];
}

/** Number of the bin that a time is in; `ms` since the epoch. */
export const binOf = (ms: number): number => Math.floor(ms / (PERIOD_SECONDS * 1_000));

const add = (bin: Bin, value: number): void => {
  bin.count += 1;
  bin.sum += value;
  bin.min = Math.min(bin.min, value);
  bin.max = Math.max(bin.max, value);
  if (bin.values.length < VALUES_MAX) bin.values.push(value);
  // When the bin is full, a later value replaces an earlier one, so that the percentiles do not
  // favour early values.
  else bin.values[bin.count % VALUES_MAX] = value;
};

const percentile = ({ values }: Bin, share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
};

const STATS: Readonly<Record<Stat, (bin: Bin) => number>> = {
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Maximum: ({ max }) => max,
  Minimum: ({ min }) => min,
  p50: (bin) => percentile(bin, 0.5),
  p90: (bin) => percentile(bin, 0.9),
  p99: (bin) => percentile(bin, 0.99),
};

const dimensionsKey = (dimensions: Dimensions): string =>
  Object.entries(dimensions)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(',');

/** An empty store. It drops the bins of a metric that are older than half an hour. */
export const createStore = (): MetricStore => {
  const metrics = new Map<string, Map<string, Measured>>();
  const of = (namespace: string, name: string): Map<string, Measured> => {
    const key = `${namespace} ${name}`;
    const all = metrics.get(key) ?? new Map<string, Measured>();
    metrics.set(key, all);
    return all;
  };
  const forget = (bins: Map<number, Bin>, before: number): void => {
    for (const index of bins.keys()) if (index < before) bins.delete(index);
  };
  const pointsOf = (measured: Measured | undefined, stat: Stat, first: number, length: number) =>
    Array.from({ length }, (_, index) => {
      const bin = measured?.bins.get(first + index);
      return bin && STATS[stat](bin);
    });
  return {
    record: ({ namespace, name, dimensions }, values, at) => {
      const all = of(namespace, name);
      const key = dimensionsKey(dimensions);
      const measured = all.get(key) ?? { dimensions, bins: new Map() };
      all.set(key, measured);
      const index = binOf(at);
      const known = measured.bins.get(index);
      if (!known) forget(measured.bins, index - BINS);
      const bin = known ?? { count: 0, sum: 0, min: Infinity, max: -Infinity, values: [] };
      measured.bins.set(index, bin);
      for (const value of values) add(bin, value);
    },
    points: ({ namespace, name, dimensions, stat }, first, length) =>
      pointsOf(of(namespace, name).get(dimensionsKey(dimensions)), stat, first, length),
    search: ({ namespace, name, dimensions, stat }, by, first, length) => {
      const width = Object.keys(dimensions).length + 1;
      return [...of(namespace, name).values()].flatMap((measured) => {
        const { [by]: value, ...others } = measured.dimensions;
        const isMeant =
          value !== undefined &&
          Object.keys(measured.dimensions).length === width &&
          dimensionsKey(others) === dimensionsKey(dimensions);
        return isMeant ? [[value, pointsOf(measured, stat, first, length)] as const] : [];
      }) as [string, Points][];
    },
  };
};
