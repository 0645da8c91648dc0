/** A batch of charges, side by side, so that the ledger can commit them together. */
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { MESH_METRICS } from '#shared/contracts/metrics.ts';
import { isDone, type Outcome } from '#shared/ledger/types.ts';
import type { Telemetry } from './chain.ts';

/** What cannot be settled comes back, and after many times it is a dead letter for a person. */
export const settleAll = async (
  records: readonly SQSRecord[],
  { logger, metrics }: Telemetry,
  settle: (record: SQSRecord) => Promise<Outcome>,
): Promise<SQSBatchResponse> => {
  const settleOne = async (record: SQSRecord): Promise<boolean> => {
    const { messageId } = record;
    try {
      const outcome = await settle(record);
      if (!isDone(outcome))
        logger.error('charge not settled; it comes back', { messageId, ...outcome });
      return isDone(outcome);
    } catch (error) {
      logger.error('charge not settled; it comes back', { messageId, error });
      return false;
    }
  };
  const settled = await Promise.all(records.map(settleOne));
  const open = records.filter((_, index) => !settled[index]);
  metrics.addMetric(MESH_METRICS.chargesSettled, MetricUnit.Count, records.length - open.length);
  metrics.addMetric(MESH_METRICS.chargesOpen, MetricUnit.Count, open.length);
  return { batchItemFailures: open.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};
