/** A job that takes its steps back before it ends, as a transition: pure. */
import type { KeptWait, Unwind } from '../steps/kept.ts';
import { isSuspended, type JobRecord } from './record.ts';
import { appended, dueKey, type Transition } from './transitions.ts';

const NO_WAIT: KeptWait = { seq: 0, in: 'queue', for: [], wakers: [] };

/**
 * The job may run at once, to take its steps back. Its attempt is given back.
 * @param now ms since the epoch
 */
export const unwinding = (record: JobRecord, now: number, unwind: Unwind): Transition => {
  const runs = record.status === 'RUNNING';
  const note =
    unwind.kind === 'failed'
      ? `${unwind.fault.code}: ${unwind.fault.message}`
      : `cancelled by ${unwind.by}: ${unwind.reason}`;
  const { wait = NO_WAIT } = record;
  const called = wait.for.flatMap(({ job }) => job ?? []);
  const isAway = isSuspended(record) ? wait.in === 'table' : !runs && record.due !== undefined;
  return {
    to: 'WAITING',
    set: {
      unwind,
      ...(unwind.kind === 'cancelled' && called.length > 0 && { dropped: JSON.stringify(called) }),
      owes: true,
      wait: { ...wait, wakers: [] },
      notBefore: now,
      dueAt: now,
      // Without a message, the timekeeper sends one.
      ...(isAway && { due: dueKey(record.id) }),
      updatedAt: now,
      ...(runs && { attempt: record.attempt - 1 }),
      history: appended(record, {
        at: now,
        event: 'unwinding',
        note,
        ...(runs && { attempt: record.attempt }),
      }),
    },
    remove: ['leaseUntil', 'cancelRequest', ...(isAway ? [] : (['due', 'receipt'] as const))],
  };
};
