/** What the scheduled functions report. */
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { MESH_METRICS } from '#shared/contracts/metrics.ts';
import type { TimekeeperReport } from '#shared/jobs/timekeeper.ts';
import type { Telemetry } from './chain.ts';

export const reportTick = (
  { logger, metrics }: Telemetry,
  { sent, failed }: TimekeeperReport,
): void => {
  metrics.addMetric(MESH_METRICS.dueSent, MetricUnit.Count, sent);
  metrics.addMetric(MESH_METRICS.deadlinesMissed, MetricUnit.Count, failed);
  if (sent + failed > 0) logger.info('tick', { sent, failed });
};
