/** What the scheduled functions report. */
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { MESH_METRICS } from '#shared/contracts/metrics.ts';
import type { TimekeeperReport } from '#shared/jobs/timekeeper.ts';
import type { Telemetry } from './chain.ts';

export const reportTick = (
  { logger, metrics }: Telemetry,
  { sent, failed }: TimekeeperReport,
  expired: number,
  lag: number,
): void => {
  metrics.addMetric(MESH_METRICS.dueSent, MetricUnit.Count, sent);
  metrics.addMetric(MESH_METRICS.deadlinesMissed, MetricUnit.Count, failed);
  metrics.addMetric(MESH_METRICS.holdsExpired, MetricUnit.Count, expired);
  metrics.addMetric(MESH_METRICS.ledgerLag, MetricUnit.Count, lag);
  if (sent + failed + expired > 0) logger.info('tick', { sent, failed, expired });
};

/** One lane that cannot go on holds up no other: the minute's sweep comes back to it. */
export const reportLanes = async (
  { logger, metrics }: Telemetry,
  lanes: readonly number[],
  write: (lane: number) => Promise<number>,
): Promise<void> => {
  const written = await Promise.allSettled(lanes.map(write));
  written.forEach((outcome, index) => {
    if (outcome.status === 'fulfilled')
      metrics.addMetric(MESH_METRICS.blocksWritten, MetricUnit.Count, outcome.value);
    else logger.error('lane not written out', { lane: lanes[index], error: outcome.reason });
  });
};
