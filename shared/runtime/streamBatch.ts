/** A batch of stream records: all at once, and one by one when that fails, to find where to go on. */
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { MESH_METRICS } from '#shared/contracts/metrics.ts';
import type { StreamedEnd } from '#shared/jobs/dynamo/stream.ts';
import type { JobRecord } from '#shared/jobs/record.ts';
import type { Telemetry } from './chain.ts';

/** `relay` may be repeated for the same ends. The answer names the first record that failed. */
export const relayInOrder = async (
  ends: readonly StreamedEnd[],
  relay: (ended: readonly JobRecord[]) => Promise<void>,
  { logger, metrics }: Telemetry,
): Promise<DynamoDBBatchResponse> => {
  const ended = ends.flatMap((end) => end.ended ?? []);
  const count = (relayed: number) => metrics.addMetric(MESH_METRICS.relayed, 'Count', relayed);
  try {
    await relay(ended);
    count(ended.length);
    return { batchItemFailures: [] };
  } catch (error) {
    logger.warn('batch not relayed; going record by record', { error, records: ends.length });
  }
  for (const [index, end] of ends.entries()) {
    try {
      if (end.ended) await relay([end.ended]);
    } catch (error) {
      logger.error('end not relayed', { jobId: end.ended?.id, error });
      count(index);
      return { batchItemFailures: [{ itemIdentifier: end.sequence }] };
    }
  }
  count(ended.length);
  return { batchItemFailures: [] };
};
