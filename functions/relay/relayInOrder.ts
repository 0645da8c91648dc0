/** A batch of stream records: all at once, and one by one when that fails, to find where to go on. */
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { MESH_METRICS } from '#shared/contracts/metrics.ts';
import type { StreamedEnd } from '#shared/jobs/dynamo/endedJobs.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import type { Telemetry } from '#shared/runtime/chain.ts';

/**
 * `relay` may be repeated for the same ends. A record that fails stops none of the others; the
 * answer names the first that failed, from which on the stream brings them again.
 */
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
  const failed: string[] = [];
  let relayed = 0;
  for (const { ended: one, sequence } of ends) {
    if (!one) continue;
    try {
      await relay([one]);
      relayed += 1;
    } catch (error) {
      // Those after it need not wait for it, though all come again from here on.
      logger.error('end not relayed', { jobId: one.id, error });
      failed.push(sequence);
    }
  }
  count(relayed);
  return { batchItemFailures: failed.slice(0, 1).map((itemIdentifier) => ({ itemIdentifier })) };
};
