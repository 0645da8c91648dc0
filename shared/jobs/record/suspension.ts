/** A run that stops to wait, as a transition: pure. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import type { Wait } from '../steps/kept.ts';
import type { JobRecord } from './record.ts';
import { appended, type Held, type Transition } from './transitions.ts';

const namesOf = ({ for: waits }: Wait): string => {
  const [first] = waits;
  const more = waits.length > 1 ? ` and ${waits.length - 1} more` : '';
  return clipped(`${first?.op} "${first?.name}"`, LIMITS.errorMessageMax) + more;
};

/** The run stopped to wait; it spends no attempt. @param until the end of the wait, in ms */
export const suspended = (
  record: JobRecord,
  now: number,
  wait: Wait,
  until: number,
  held: Held,
): Transition => ({
  to: 'WAITING',
  set: {
    ...held,
    wait,
    notBefore: until,
    updatedAt: now,
    attempt: record.attempt - 1,
    history: appended(record, {
      at: now,
      event: 'waiting',
      attempt: record.attempt,
      note: namesOf(wait),
      dueAt: until,
    }),
  },
  remove: ['leaseUntil'],
});
