/** The metrics and logs of the scheduled functions. */
import { LEDGER_METRICS, MESH_METRICS } from '#shared/contracts/metrics.ts';
import type { TimekeeperReport } from '#shared/jobs/flow/timekeeper.ts';
import type { Expired } from '#shared/ledger/write/expireHolds.ts';
import type { Telemetry } from './chain.ts';

/** What one run of the timekeeper found. */
export interface TimekeeperTick {
  readonly kept: TimekeeperReport;
  readonly expired: Expired;
  /** Blocks. */
  readonly lag: number;
  /** Minor units. */
  readonly difference: bigint;
}

/** Emits the metrics of one run of the timekeeper; logs it when something was done. */
export const reportTick = (
  { logger, metrics }: Telemetry,
  { kept, expired, lag, difference }: TimekeeperTick,
): void => {
  const count = (name: string, value: number) => metrics.addMetric(name, 'Count', value);
  count(MESH_METRICS.dueSent, kept.sent);
  count(MESH_METRICS.deadlinesMissed, kept.failed);
  count(MESH_METRICS.holdsExpired, expired.ended);
  count(MESH_METRICS.ledgerLag, lag);
  count(LEDGER_METRICS.holdsOverdue, expired.overdue);
  count(LEDGER_METRICS.trialBalance, Number(difference));
  const { sent, failed } = kept;
  if (sent + failed + expired.ended + expired.overdue > 0)
    logger.info('tick', { sent, failed, expired: expired.ended, overdue: expired.overdue });
};

/** Writes all lanes out. A lane that fails stops no other lane; the next minute tries it again. */
export const reportLanes = async (
  { logger, metrics }: Telemetry,
  lanes: readonly number[],
  write: (lane: number) => Promise<number>,
): Promise<void> => {
  const written = await Promise.allSettled(lanes.map(write));
  written.forEach((outcome, index) => {
    if (outcome.status === 'fulfilled')
      metrics.addMetric(MESH_METRICS.blocksWritten, 'Count', outcome.value);
    else logger.error('lane not written out', { lane: lanes[index], error: outcome.reason });
  });
};
