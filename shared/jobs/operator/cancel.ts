/** Cancelling: where a job waits it ends at once, where it runs it is asked to. */
import type { Clock } from '#shared/kernel/ports.ts';
import type { JobStore, Visibility } from '../ports/jobs.ts';
import { tombstone } from '../record/newRecord.ts';
import { type CancelRequest, isTerminal, type JobRecord } from '../record/record.ts';
import { cancelled } from '../record/transitions.ts';
import { leaseOf } from '../worker/finishAttempt.ts';
import { letGo } from './releaseGroup.ts';

export type CancelOutcome =
  | { readonly kind: 'cancelled' }
  /** It runs: its attempt sees the wish at its next heartbeat. */
  | { readonly kind: 'requested' }
  | { readonly kind: 'finished'; readonly record: JobRecord };

export interface CancelDeps {
  readonly store: JobStore;
  readonly visibility: Visibility;
  readonly clock: Clock;
}

type Wish = Pick<CancelRequest, 'by' | 'reason'>;

/** undefined: the job moved on meanwhile. */
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
  const { kind } = await store.change(record, cancelled(record, now, wish));
  if (kind !== 'applied') return undefined;
  // Its group need not wait for what the job waited for.
  await letGo(record, visibility);
  return { kind: 'cancelled' };
};

/** A job that nobody has seen yet leaves a tombstone: its message will find that. */
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
