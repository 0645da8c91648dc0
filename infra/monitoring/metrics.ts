/** Short forms for references to metrics. */
import { METRIC_DIMENSIONS } from '#shared/contracts/metrics.ts';
import { type Inventory, nameIn } from './inventory.ts';
import type { MetricRef, Series, Stat } from './spec.ts';

type Place = Pick<Inventory, 'stage' | 'namespace'>;
type More = Pick<Series, 'id' | 'hidden'>;

/** A metric that the function `service` emits itself. */
export const own = (
  { namespace }: Place,
  service: string,
  name: string,
  stat: Stat = 'Sum',
): MetricRef => ({ namespace, name, dimensions: { [METRIC_DIMENSIONS.service]: service }, stat });

/** A metric of usage, summed over all functions. */
export const usage = ({ namespace }: Place, name: string): MetricRef => ({
  namespace,
  name,
  dimensions: {},
  stat: 'Sum',
});

/** SQS's metric of a queue; `queue` without the prefix of the stage. */
export const ofQueue = (place: Place, queue: string, name: string, stat: Stat): MetricRef => ({
  namespace: 'AWS/SQS',
  name,
  dimensions: { QueueName: nameIn(place, queue) },
  stat,
});

/** Lambda's metric of a function; `fn` without the prefix of the stage. */
export const ofFunction = (place: Place, fn: string, name: string, stat: Stat): MetricRef => ({
  namespace: 'AWS/Lambda',
  name,
  dimensions: { FunctionName: nameIn(place, fn) },
  stat,
});

/** DynamoDB's metric of a table, summed; `table` without the prefix of the stage. */
export const ofTable = (place: Place, table: string, name: string): MetricRef => ({
  namespace: 'AWS/DynamoDB',
  name,
  dimensions: { TableName: nameIn(place, table) },
  stat: 'Sum',
});

/** A series that shows one metric. */
export const line = (label: string, metric: MetricRef, more: More = {}): Series => ({
  kind: 'metric',
  label,
  metric,
  ...more,
});

/** A series that is computed from others by an expression of `math.ts`. */
export const math = (label: string, expression: string, more: More = {}): Series => ({
  kind: 'math',
  label,
  expression,
  ...more,
});

/** A series for each kind of job and each statistic. */
export const byKind = (place: Place, name: string, stats: readonly Stat[]): readonly Series[] =>
  stats.map((stat) => ({
    kind: 'search',
    label: stat,
    metric: own(place, 'worker', name, stat),
    by: METRIC_DIMENSIONS.kind,
  }));
