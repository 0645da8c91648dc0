/** Cancelling: a job that waits ends at once; a job that runs is asked to end. */
import type { Clock } from '#shared/kernel/ports.ts';
import type { JobStore, Visibility } from '../ports/jobs.ts';
import { tombstone } from '../record/newRecord.ts';
import { type CancelRequest, isTerminal, type JobRecord } from '../record/record.ts';
import { cancelled } from '../record/transitions.ts';
import { unwinding } from '../record/unwinding.ts';
import { leaseOf } from '../worker/attempt/conclude.ts';
import { letGo } from './releaseGroup.ts';

/** The outcome of a cancellation. */
export type CancelOutcome =
  | { readonly kind: 'cancelled' }
  /** The job runs, and sees the request at its next heartbeat; or it takes its steps back first. */
  | { readonly kind: 'requested' }
  | { readonly kind: 'finished'; readonly record: JobRecord };

export interface CancelDeps {
  readonly store: JobStore;
  readonly visibility: Visibility;
  readonly clock: Clock;
}

type Wish = Pick<CancelRequest, 'by' | 'reason'>;

/** undefined when the job changed at the same time. */
const cancelRecord = async (
  record: JobRecord,
  wish: Wish,
  { store, visibility, clock }: CancelDeps,
): Promise<CancelOutcome | undefined> => {
  if (isTerminal(record.status)) return { kind: 'finished', record };
  const now = clock.now();
  if (record.status === 'RUNNING') {
    const cancelRequest = { ...wish, at: now };
    const { kind } = await store.amend(leaseOf(record), { cancelRequest });
    return kind === 'applied' ? { kind: 'requested' } : undefined;
  }
  // The job takes its steps back, and ends after that.
  if (record.unwind) return { kind: 'requested' };
  const owes = record.owes === true;
  const change = owes
    ? unwinding(record, now, { kind: 'cancelled', at: now, ...wish })
    : cancelled(record, now, wish);
  const { kind } = await store.change(record, change);
  if (kind !== 'applied') return undefined;
  // The message becomes visible at once, so that the group need not wait any more.
  await letGo(record, visibility);
  return { kind: owes ? 'requested' : 'cancelled' };
};

/** Cancels a job. For an id without a row it writes a tombstone, which cancels a later message. */
export const cancelJob = async (
  id: string,
  wish: Wish,
  deps: CancelDeps,
): Promise<CancelOutcome> => {
  for (;;) {
    const record = await deps.store.get(id);
    if (record) {
      const outcome = await cancelRecord(record, wish, deps);
      if (outcome) return outcome;
    } else {
      const mark = tombstone(id, deps.clock.now(), wish.by, wish.reason);
      const made = await deps.store.create(mark);
      if (made.kind === 'created') return { kind: 'cancelled' };
    }
  }
};
