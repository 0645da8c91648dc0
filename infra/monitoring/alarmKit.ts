/** What the definitions of alarms share. */
import { line } from './metrics.ts';
import type { AlarmSpec, MetricRef, Runbook } from './spec.ts';

/** Words as one name in upper camel case, as in the ids of alarms. */
export const upper = (text: string): string =>
  text
    .split(/[\s-]+/)
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');

/** For a metric that is emitted only when something happens. */
export const SILENCE_IS_FINE = {
  as: 'notBreaching',
  because: 'There is no data while nothing happens, and that is fine.',
} as const;

/** So many breaching minutes, of so many in a row. */
export const minutes = (breaching: number, of = breaching): AlarmSpec['when'] => ({
  breaching,
  of,
  seconds: 60,
});

/** An alarm for a metric that is above a limit. `over` is in the metric's unit. */
export const above = (
  id: string,
  severity: AlarmSpec['severity'],
  metric: MetricRef,
  over: number,
  when: AlarmSpec['when'],
  runbook: Runbook,
): AlarmSpec => ({
  id,
  severity,
  over,
  when,
  runbook,
  series: [line('value', metric, { id: 'value' })],
  missing: SILENCE_IS_FINE,
});
