/** Short ways to say which metric is meant. */
import { METRIC_DIMENSIONS } from '#shared/contracts/metrics.ts';
import { type Inventory, nameIn } from './inventory.ts';
import type { MetricRef, Series, Stat } from './spec.ts';

type Place = Pick<Inventory, 'stage' | 'namespace'>;
type More = Pick<Series, 'id' | 'hidden'>;

/** A function's own metric. */
export const own = (
  { namespace }: Place,
  service: string,
  name: string,
  stat: Stat = 'Sum',
): MetricRef => ({ namespace, name, dimensions: { [METRIC_DIMENSIONS.service]: service }, stat });

/** What all functions used together. */
export const usage = ({ namespace }: Place, name: string): MetricRef => ({
  namespace,
  name,
  dimensions: {},
  stat: 'Sum',
});

export const ofQueue = (place: Place, queue: string, name: string, stat: Stat): MetricRef => ({
  namespace: 'AWS/SQS',
  name,
  dimensions: { QueueName: nameIn(place, queue) },
  stat,
});

export const ofFunction = (place: Place, fn: string, name: string, stat: Stat): MetricRef => ({
  namespace: 'AWS/Lambda',
  name,
  dimensions: { FunctionName: nameIn(place, fn) },
  stat,
});

export const ofTable = (place: Place, table: string, name: string): MetricRef => ({
  namespace: 'AWS/DynamoDB',
  name,
  dimensions: { TableName: nameIn(place, table) },
  stat: 'Sum',
});

export const line = (label: string, metric: MetricRef, more: More = {}): Series => ({
  kind: 'metric',
  label,
  metric,
  ...more,
});

export const math = (label: string, expression: string, more: More = {}): Series => ({
  kind: 'math',
  label,
  expression,
  ...more,
});

/** One line a kind of jobs and percentile. */
export const byKind = (place: Place, name: string, stats: readonly Stat[]): readonly Series[] =>
  stats.map((stat) => ({
    kind: 'search',
    label: stat,
    metric: own(place, 'worker', name, stat),
    by: METRIC_DIMENSIONS.kind,
  }));
