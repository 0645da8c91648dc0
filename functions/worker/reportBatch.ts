/** Reports a batch with one log line and one line of metrics, whatever the size of the batch. */
import { JOB_METRICS, LEDGER_METRICS, WAIT_METRICS } from '#shared/contracts/metrics.ts';
import type { Disposition } from '#shared/jobs/worker/disposition.ts';
import type { BatchReport } from '#shared/jobs/worker/processBatch.ts';
import type { Telemetry } from '#shared/runtime/chain.ts';

const METRIC_OF: Readonly<Record<Disposition['as'], string | undefined>> = {
  completed: JOB_METRICS.completed,
  retrying: JOB_METRICS.retried,
  dead: JOB_METRICS.dead,
  quarantined: JOB_METRICS.quarantined,
  duplicate: JOB_METRICS.duplicate,
  cancelled: JOB_METRICS.cancelled,
  snoozed: JOB_METRICS.snoozed,
  interrupted: JOB_METRICS.snoozed,
  scheduled: JOB_METRICS.parked,
  waiting: JOB_METRICS.parked,
  limited: JOB_METRICS.limited,
  paused: JOB_METRICS.returned,
  behind: JOB_METRICS.returned,
  halted: JOB_METRICS.halted,
  running: JOB_METRICS.returned,
  apart: JOB_METRICS.returned,
  early: JOB_METRICS.returned,
  lost: JOB_METRICS.returned,
  no_time: JOB_METRICS.returned,
  unknown: JOB_METRICS.returned,
  // Counted where it runs.
  moved: undefined,
  fault: JOB_METRICS.undecided,
};

const WAIT_OF: Readonly<Record<string, string>> = WAIT_METRICS;

/**
 * Emitted also when 0: alarms divide these metrics, and CloudWatch has no value for a missing one.
 */
const COUNTED_ALWAYS = [JOB_METRICS.completed, JOB_METRICS.dead];

/** A job in the batch's log line: all fields but those that the metrics tell. */
const logged = ({ finishMs, money, priority, afterwards, ...disposition }: Disposition): object =>
  disposition;

const measureJob = ({ metrics }: Telemetry, job: Disposition): void => {
  const { kind, startMs, priority, runMs, finishMs, attempt, money } = job;
  const ms = 'Milliseconds';
  if (startMs !== undefined) metrics.addOfKind(kind, JOB_METRICS.timeToStart, ms, startMs);
  const wait = WAIT_OF[priority ?? ''];
  if (startMs !== undefined && wait) metrics.addMetric(wait, ms, startMs);
  if (runMs !== undefined) metrics.addMetric(JOB_METRICS.runTime, ms, runMs);
  if (finishMs !== undefined) {
    metrics.addOfKind(kind, JOB_METRICS.timeToFinish, ms, finishMs);
    metrics.addOfKind(kind, JOB_METRICS.attempts, 'Count', attempt ?? 0);
  }
  if (money === 'held') metrics.addMetric(LEDGER_METRICS.holdsPlaced, 'Count', 1);
  if (money === 'refused') metrics.addMetric(LEDGER_METRICS.holdsRefused, 'Count', 1);
};

/** A function that logs a batch, adds its metrics, and returns the same report. */
export const reportBatch =
  (telemetry: Telemetry) =>
  (report: BatchReport): BatchReport => {
    const counts = new Map<string, number>(COUNTED_ALWAYS.map((name) => [name, 0]));
    for (const name of report.dispositions.flatMap(({ as }) => METRIC_OF[as] ?? []))
      counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const [name, count] of counts) telemetry.metrics.addMetric(name, 'Count', count);
    for (const job of report.dispositions) measureJob(telemetry, job);
    telemetry.logger.info('batch', { jobs: report.dispositions.map(logged) });
    return report;
  };
