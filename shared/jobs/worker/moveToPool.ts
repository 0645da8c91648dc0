/** Jobs that came to the queue of another pool: they move on, and no attempt is spent. */
import type { Delivery } from '../ports/jobs.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import { quarantine } from './quarantine.ts';

/**
 * Sends the job to the queue of its pool. A job that this queue will never take is quarantined.
 * Rejects when the queue may take it later; the caller must then return the message.
 */
export const moveToPool = async (
  report: { readonly id: string; readonly kind: string },
  delivery: Delivery,
  deps: Pick<JobDeps, 'pools' | 'blobs' | 'clock' | 'store'>,
): Promise<Disposition> => {
  const not = await deps.pools.move(report.kind, delivery);
  if (!not) return { action: 'delete', as: 'moved', ...report };
  const message = `the queue of its pool does not take its message: ${not.code}: ${not.reason}`;
  return quarantine(delivery, { code: 'QUEUE_REFUSED', path: '', message }, deps);
};
