/** The ends of jobs, written under the lease of their attempt. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Delivery } from '../../ports/jobs.ts';
import type { CancelRequest, JobError, JobRecord, Lease } from '../../record/record.ts';
import { cancelled, dead, type Transition } from '../../record/transitions.ts';
import type { Decision, Disposition, Fate, JobDeps } from '../disposition.ts';
import { isAlone } from '../waits/groupPlaces.ts';
import { haltSeconds, keepBody, receiptOf } from '../waits/park.ts';
import type { Fault } from './runHandler.ts';

/** The lease under which the record was claimed. */
export const leaseOf = ({ id, attempt, leaseId = '' }: JobRecord): Lease => ({
  id,
  attempt,
  leaseId,
});

/**
 * Applies the transition. When the lease is lost, the message is left to the new holder.
 * @param asked called in place of the transition, when the transition would make the job wait
 * although a person has asked the job to end
 */
export const conclude = async (
  record: JobRecord,
  change: Transition,
  fate: Fate & { readonly as: Decision; readonly code?: string },
  deps: JobDeps,
  asked?: (request: CancelRequest) => Promise<Disposition>,
): Promise<Disposition> => {
  const { id, kind, attempt, correlationId } = record;
  const report = { id, kind, attempt, ...(correlationId && { correlationId }) };
  const outcome = await deps.store.transition(leaseOf(record), change);
  if (outcome.kind === 'applied') return { ...fate, ...report };
  const { leaseId, cancelRequest } = outcome.record ?? {};
  return asked && cancelRequest && leaseId === record.leaseId
    ? asked(cancelRequest)
    : { action: 'return', as: 'lost', seconds: deps.leaseSeconds, ...report };
};

/**
 * Gives up a job: its row becomes DEAD. With `halts` the message stays, so that the group waits.
 */
export const bury = async (
  record: JobRecord,
  fault: Fault,
  halts: boolean,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  const now = deps.clock.now();
  const kept = await keepBody(delivery.body, record.id, deps.blobs);
  const error: JobError = { ...fault, attempt: record.attempt, at: now };
  const code = fault.code;
  // In a group of its own the job holds nobody up: it needs no message to wait for a person.
  if (!halts || isAlone(delivery, record.id, deps)) {
    const change = dead(record, now, error, kept, halts);
    return conclude(
      record,
      change,
      { action: 'delete', as: halts ? 'halted' : 'dead', code },
      deps,
    );
  }
  const change = dead(record, now, error, { ...kept, receipt: receiptOf(delivery) });
  const seconds = Math.max(haltSeconds(delivery, deps), LIMITS.groupSettleSeconds);
  return conclude(record, change, { action: 'return', as: 'halted', seconds, code }, deps);
};

/** The job was cancelled, and has no steps to take back. */
export const endCancelled = (
  record: JobRecord,
  wish: Pick<CancelRequest, 'by' | 'reason'>,
  deps: JobDeps,
): Promise<Disposition> => {
  const change = cancelled(record, deps.clock.now(), wish);
  return conclude(record, change, { action: 'delete', as: 'cancelled' }, deps);
};
