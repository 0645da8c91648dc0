/**
 * How much of the monitoring a stage has. Alarms, the dashboard and custom metrics cost by the month,
 * whether or not anything happens: a stage for development has only what it cannot do without.
 */
import { ALL_METRICS } from '#shared/contracts/metrics.ts';
import { alarmsOf } from './alarms.ts';
import type { Inventory } from './inventory.ts';
import type { AlarmSpec } from './spec.ts';

export const MONITORING = ['none', 'basic', 'full'] as const;
export type MonitoringLevel = (typeof MONITORING)[number];

/**
 * The alarms of work that is lost or wrong, or stands still for a fault of the mesh. CloudWatch's
 * free tier has ten metrics of alarms, once for the account: these watch ten, and one custom metric.
 */
const BASIC: ReadonlySet<string> = new Set([
  'DeadLettersCriticalJobs',
  'DeadLettersHighJobs',
  'DeadLettersNormalJobs',
  'DeadLettersLowJobs',
  'DeadLettersPostings',
  'StreamLagRelay',
  'LedgerDifference',
  'ErrorsWorker',
  'ErrorsTimekeeper',
  'ErrorsSettler',
]);

/** Whether an alarm is there at the level `basic`, too. */
export const isBasic = ({ id }: Pick<AlarmSpec, 'id'>): boolean => BASIC.has(id);

/** The alarms of a stage at this level. */
export const alarmsAt = (level: MonitoringLevel, inventory: Inventory): readonly AlarmSpec[] => {
  if (level === 'none') return [];
  const all = alarmsOf(inventory);
  return level === 'full' ? all : all.filter(isBasic);
};

/** Names of the metrics that the functions emit at this level: those that somebody looks at. */
export const metricsAt = (level: MonitoringLevel, inventory: Inventory): readonly string[] => {
  if (level === 'full') return [ALL_METRICS];
  const watched = alarmsAt(level, inventory)
    .flatMap(({ series }) => series)
    .flatMap((each) => (each.kind === 'math' ? [] : [each.metric]))
    .filter(({ namespace }) => namespace === inventory.namespace);
  return [...new Set(watched.map(({ name }) => name))];
};
