/** What the message of a waiting job changes in its row, as transitions: pure. */
import type { JobRecord, Receipt } from './record.ts';
import type { Transition } from './transitions.ts';

/** The job's message was received again and goes on waiting: only the newest receipt is valid. */
export const received = (record: JobRecord, now: number, receipt: Receipt): Transition => ({
  to: record.status as Transition['to'],
  set: { receipt, updatedAt: now },
  remove: [],
});

/** A message of the job was sent, so the due index must not name the job any more. */
export const unparked = (record: JobRecord, now: number): Transition => ({
  to: record.status as Transition['to'],
  set: { updatedAt: now },
  remove: ['due'],
});
