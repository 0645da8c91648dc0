/** Relays a batch of stream records: all at once, or one by one to find the record that fails. */
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { MESH_METRICS } from '#shared/contracts/metrics.ts';
import type { StreamedEnd } from '#shared/jobs/dynamo/endedJobs.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import type { Telemetry } from '#shared/runtime/chain.ts';

/**
 * Relays all ends of a batch. A record that fails does not stop the others. The answer names the
 * first record that failed; Lambda delivers this record and all later ones again, so `relay` must
 * be safe to repeat. Never rejects.
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
      // The later records are relayed now, though Lambda delivers them again, too.
      logger.error('end not relayed', { jobId: one.id, error });
      failed.push(sequence);
    }
  }
  count(relayed);
  return { batchItemFailures: failed.slice(0, 1).map((itemIdentifier) => ({ itemIdentifier })) };
};
