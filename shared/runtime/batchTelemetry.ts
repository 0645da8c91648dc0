/** One log line and one metrics line a batch, whatever its size. */
import { JOB_METRICS, LEDGER_METRICS } from '#shared/contracts/metrics.ts';
import type { Disposition } from '#shared/jobs/disposition.ts';
import type { BatchReport } from '#shared/jobs/runBatch.ts';
import type { Telemetry } from './chain.ts';

const METRIC_OF: Readonly<Record<Disposition['as'], string>> = {
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
  halted: JOB_METRICS.halted,
  running: JOB_METRICS.returned,
  early: JOB_METRICS.returned,
  lost: JOB_METRICS.returned,
  no_time: JOB_METRICS.returned,
  fault: JOB_METRICS.returned,
};

/** What the batch's log line has of a job, beside what only the metrics tell. */
const logged = ({ finishMs, money, ...disposition }: Disposition): object => disposition;

const measureJob = ({ metrics }: Telemetry, job: Disposition): void => {
  const { kind, startMs, runMs, finishMs, attempt, money } = job;
  const ms = 'Milliseconds';
  if (startMs !== undefined) metrics.addOfKind(kind, JOB_METRICS.timeToStart, ms, startMs);
  if (runMs !== undefined) metrics.addMetric(JOB_METRICS.runTime, ms, runMs);
  if (finishMs !== undefined) {
    metrics.addOfKind(kind, JOB_METRICS.timeToFinish, ms, finishMs);
    metrics.addOfKind(kind, JOB_METRICS.attempts, 'Count', attempt ?? 0);
  }
  if (money === 'held') metrics.addMetric(LEDGER_METRICS.holdsPlaced, 'Count', 1);
  if (money === 'refused') metrics.addMetric(LEDGER_METRICS.holdsRefused, 'Count', 1);
};

/** Logs and measures a decided batch; passes it on. */
export const reportBatch =
  (telemetry: Telemetry) =>
  (report: BatchReport): BatchReport => {
    for (const [as, of] of Map.groupBy(report.dispositions, ({ as }) => as))
      telemetry.metrics.addMetric(METRIC_OF[as], 'Count', of.length);
    for (const job of report.dispositions) measureJob(telemetry, job);
    telemetry.logger.info('batch', { jobs: report.dispositions.map(logged) });
    return report;
  };
