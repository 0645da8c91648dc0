/** One log line and one metrics line a batch, whatever its size. */
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { JOB_METRICS } from '#shared/contracts/metrics.ts';
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

/** Logs and measures a decided batch; passes it on. */
export const reportBatch =
  ({ logger, metrics }: Telemetry) =>
  (report: BatchReport): BatchReport => {
    for (const [as, of] of Map.groupBy(report.dispositions, ({ as }) => as))
      metrics.addMetric(METRIC_OF[as], MetricUnit.Count, of.length);
    for (const { startMs, runMs } of report.dispositions) {
      if (startMs !== undefined)
        metrics.addMetric(JOB_METRICS.timeToStart, MetricUnit.Milliseconds, startMs);
      if (runMs !== undefined)
        metrics.addMetric(JOB_METRICS.runTime, MetricUnit.Milliseconds, runMs);
    }
    logger.info('batch', { jobs: report.dispositions });
    return report;
  };
