/** Relays a batch of stream records: all at once, or one by one to find the record that fails. */
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { MESH_METRICS } from '#shared/contracts/metrics.ts';
import type { StreamedChange } from '#shared/jobs/dynamo/streamed.ts';
import type { Streamed } from '#shared/jobs/flow/relay.ts';
import type { Telemetry } from '#shared/runtime/chain.ts';

const told = (changes: readonly StreamedChange[]): Streamed => ({
  ended: changes.flatMap(({ ended }) => ended ?? []),
  calling: changes.flatMap(({ calling }) => calling ?? []),
  dropping: changes.flatMap(({ dropping }) => dropping ?? []),
  signalled: changes.flatMap(({ signalled }) => signalled ?? []),
});

const jobIn = ({ ended, calling, dropping, signalled }: StreamedChange): string | undefined =>
  (ended ?? calling ?? dropping ?? signalled)?.id;

/**
 * Relays all that a batch tells. A record that fails does not stop the others. The answer names the
 * first record that failed; Lambda delivers this record and all later ones again, so `relay` must
 * be safe to repeat. Never rejects.
 */
export const relayInOrder = async (
  changes: readonly StreamedChange[],
  relay: (streamed: Streamed) => Promise<void>,
  { logger, metrics }: Telemetry,
): Promise<DynamoDBBatchResponse> => {
  const worthwhile = changes.filter((change) => jobIn(change) !== undefined);
  const count = (relayed: number) => metrics.addMetric(MESH_METRICS.relayed, 'Count', relayed);
  try {
    await relay(told(worthwhile));
    count(worthwhile.length);
    return { batchItemFailures: [] };
  } catch (error) {
    logger.warn('batch not relayed; going record by record', { error, records: changes.length });
  }
  const failed: string[] = [];
  let relayed = 0;
  for (const change of worthwhile) {
    try {
      await relay(told([change]));
      relayed += 1;
    } catch (error) {
      // The later records are relayed now, though Lambda delivers them again, too.
      logger.error('change not relayed', { jobId: jobIn(change), error });
      failed.push(change.sequence);
    }
  }
  count(relayed);
  return { batchItemFailures: failed.slice(0, 1).map((itemIdentifier) => ({ itemIdentifier })) };
};
