/** A run that stops to wait, as transitions: pure. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import { callKey, type KeptWait, signalKey, type Wait } from '../steps/kept.ts';
import { droppedBy } from './droppedCalls.ts';
import { otherBody } from './keptBody.ts';
import type { JobRecord } from './record.ts';
import { appended, type Held, type Transition } from './transitions.ts';

const namesOf = ({ for: waits }: Wait): string => {
  const [first] = waits;
  const more = waits.length > 1 ? ` and ${waits.length - 1} more` : '';
  return clipped(`${first?.op} "${first?.name}"`, LIMITS.errorMessageMax) + more;
};

/** The jobs that are sent when a run stops to wait: their envelopes as text, or the text's key. */
interface CalledJobs {
  readonly calls?: string;
  readonly callsRef?: string;
}

/** What else a row keeps while its job waits in the middle of its work. */
export type WithWait = CalledJobs & Pick<JobRecord, 'stepsVersion' | 'owes' | 'shares'>;

/** Where and until when a job waits in the middle of its work. Times in ms since the epoch. */
export interface Stay {
  readonly held: Held;
  readonly in: KeptWait['in'];
  /** The end of the wait. */
  readonly until: number;
  /** Whether the order of the job's group goes on without it. */
  readonly letsGo: boolean;
}

/** The wait as a row keeps it. */
const keptWait = (wait: Wait, before: KeptWait | undefined, place: KeptWait['in']): KeptWait => ({
  ...wait,
  seq: (before?.seq ?? 0) + 1,
  in: place,
  wakers: wait.for.flatMap(({ op, name, job }) => {
    if (op === 'signal') return [signalKey(name)];
    return op === 'call' && job !== undefined ? [callKey(job)] : [];
  }),
});

/** The run stopped to wait; it spends no attempt. */
export const suspended = (
  record: JobRecord,
  now: number,
  wait: Wait,
  { held, until, in: place, letsGo }: Stay,
  more: WithWait,
): Transition => ({
  to: 'WAITING',
  set: {
    ...held,
    ...more,
    ...droppedBy(record.wait, wait),
    ...(wait.for.some(({ op }) => op === 'call') && { awaiting: 'calls' as const }),
    wait: keptWait(wait, record.wait, place),
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
  remove: ['leaseUntil', ...otherBody(held), ...(letsGo ? (['place'] as const) : [])],
});

/** The message of a job that waits in the middle of its work came, and the wait goes on. */
export const stayed = (
  record: JobRecord & { readonly wait: KeptWait },
  now: number,
  { held, in: place, letsGo }: Stay,
): Transition => ({
  to: 'WAITING',
  set: { ...held, wait: { ...record.wait, in: place }, updatedAt: now },
  remove: [
    ...otherBody(held),
    ...(held.due === undefined ? (['due'] as const) : []),
    ...(held.receipt === undefined ? (['receipt'] as const) : []),
    ...(letsGo ? (['place'] as const) : []),
  ],
});
