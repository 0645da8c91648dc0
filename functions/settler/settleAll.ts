/** Settles a batch of charges in parallel, so that the ledger can commit them together. */
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { Charge } from '#shared/billing/settleCharge.ts';
import { LEDGER_METRICS, MESH_METRICS } from '#shared/contracts/metrics.ts';
import { isDone, type Outcome } from '#shared/ledger/core/types.ts';
import type { Telemetry } from '#shared/runtime/chain.ts';

/**
 * Settles the charge of each record. A charge that cannot be settled comes back; after many
 * receives it is a dead letter, for a person. Never rejects.
 */
export const settleAll = async (
  records: readonly SQSRecord[],
  { logger, metrics }: Telemetry,
  chargeOf: (record: SQSRecord) => Charge,
  settle: (charge: Charge) => Promise<Outcome>,
): Promise<SQSBatchResponse> => {
  let postings = 0;
  let releases = 0;
  const settleOne = async (record: SQSRecord): Promise<boolean> => {
    const { messageId } = record;
    try {
      const charge = chargeOf(record);
      const outcome = await settle(charge);
      if (isDone(outcome) && charge.due) postings += 1;
      else if (isDone(outcome)) releases += 1;
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
  metrics.addMetric(MESH_METRICS.chargesSettled, 'Count', records.length - open.length);
  metrics.addMetric(MESH_METRICS.chargesOpen, 'Count', open.length);
  metrics.addMetric(LEDGER_METRICS.postings, 'Count', postings);
  metrics.addMetric(LEDGER_METRICS.releases, 'Count', releases);
  return { batchItemFailures: open.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};
