/** Reports a batch of announcements in parallel. */
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { MESH_METRICS } from '#shared/contracts/metrics.ts';
import type { Reported } from '#shared/jobs/callbacks/deliver.ts';
import type { Visibility } from '#shared/jobs/ports/jobs.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Telemetry } from '#shared/runtime/chain.ts';

/**
 * Calls `report` for all records in parallel. A record that is to be tried again, or whose `report`
 * rejects, comes back after its wait. Never rejects.
 */
export const reportAll = async (
  records: readonly SQSRecord[],
  queueUrl: string,
  { logger, metrics }: Telemetry,
  visibility: Visibility,
  report: (record: SQSRecord) => Promise<Reported>,
): Promise<SQSBatchResponse> => {
  const reportOne = async (record: SQSRecord): Promise<Reported> => {
    try {
      return await report(record);
    } catch (error) {
      logger.error('callback not decided; it comes back', { messageId: record.messageId, error });
      return { kind: 'again', seconds: LIMITS.faultDelaySeconds };
    }
  };
  const reported = await Promise.all(records.map(reportOne));
  const again = records.flatMap(({ messageId, receiptHandle }, index) => {
    const outcome = reported[index];
    if (outcome?.kind !== 'again') return [];
    return [{ delivery: { messageId, receiptHandle, queueUrl }, seconds: outcome.seconds }];
  });
  await visibility.change(again).catch((error: unknown) => {
    logger.warn('callbacks keep the visibility of their queue', { error });
  });
  const givenUp = reported.filter(({ kind }) => kind === 'given_up').length;
  const delivered = records.length - again.length - givenUp;
  metrics.addMetric(MESH_METRICS.callbacksDelivered, 'Count', delivered);
  metrics.addMetric(MESH_METRICS.callbacksRetried, 'Count', again.length);
  metrics.addMetric(MESH_METRICS.callbacksGivenUp, 'Count', givenUp);
  return {
    batchItemFailures: again.map(({ delivery }) => ({ itemIdentifier: delivery.messageId })),
  };
};
