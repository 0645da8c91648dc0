/** What a person decides about an ended job, as transitions: pure. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import { type KeptBody, otherBody } from './keptBody.ts';
import type { HistoryEvent, JobRecord } from './record.ts';
import { appended, dueKey, expiry, type Transition } from './transitions.ts';

/** Who decides, and why. */
export interface Decider {
  readonly by: string;
  readonly reason?: string | undefined;
}

const noted = (note: string | undefined) => (note === undefined ? {} : { note });

/** The dead job stays dead, and no longer holds its group. `now` in ms since the epoch. */
export const skipped = (record: JobRecord, now: number, { by, reason }: Decider): Transition => ({
  to: 'DEAD',
  set: {
    updatedAt: now,
    expiresAt: expiry(now, LIMITS.retentionFailedSeconds),
    history: appended(record, { at: now, event: 'skipped', by, ...noted(reason) }),
  },
  remove: ['halted', 'receipt'],
});

/** The dead job runs again in its place, before the rest of its group, with fresh attempts. */
export const resumed = (record: JobRecord, now: number, { by, reason }: Decider): Transition => ({
  to: 'RETRYING',
  set: {
    updatedAt: now,
    dueAt: now,
    attempt: 0,
    generation: (record.generation ?? 0) + 1,
    // Without a message in the group, the timekeeper must send a new one.
    ...(!record.receipt && { due: dueKey(record.id) }),
    history: appended(record, { at: now, event: 'resumed', by, ...noted(reason) }),
  },
  remove: ['halted', 'receipt', 'attention', 'expiresAt', 'shares'],
});

/** How a job is put back: due at a time, or after its dependencies. */
export interface Again extends KeptBody, Decider {
  /** ms since the epoch. */
  readonly dueAt: number;
  readonly contentHash: string;
  readonly kind: string;
  readonly patched: boolean;
  /** The step from which the job is done again. */
  readonly from?: string | undefined;
  /** The steps and waits that are done again. */
  readonly again?: readonly string[] | undefined;
  /** How many dependencies the job must wait for. When there are any, `dueAt` is the deadline. */
  readonly dependencies: number;
}

/** The job is put back by hand: a new generation with fresh counters; its old errors are kept. */
export const redriven = (record: JobRecord, now: number, again: Again): Transition => {
  const { by, reason, dueAt, patched, dependencies, from, again: redone = [], ...kept } = again;
  const { wait } = record;
  const waits = dependencies > 0;
  const notes = [
    patched ? 'with a changed payload' : '',
    from === undefined ? '' : `from step "${from}"`,
    redone.length > 0 ? `done again: ${redone.join(', ')}` : '',
    reason ?? '',
  ].filter(Boolean);
  const event: HistoryEvent = {
    at: now,
    event: 'redriven',
    by,
    ...(!waits && { dueAt }),
    ...noted(notes.length > 0 ? clipped(notes.join('; '), LIMITS.errorMessageMax) : undefined),
  };
  return {
    to: waits ? 'WAITING' : 'SCHEDULED',
    set: {
      ...kept,
      ...(wait && {
        wait: { ...wait, for: wait.for.filter(({ name }) => !redone.includes(name)) },
      }),
      ...(waits && { pending: new Set(Array(dependencies).keys()) }),
      dueAt,
      due: dueKey(record.id),
      attempt: 0,
      snoozes: 0,
      generation: (record.generation ?? 0) + 1,
      updatedAt: now,
      history: appended(record, event),
    },
    // The job goes to the end of its group: without its place, no job of the group waits for it.
    remove: [
      'attention',
      'expiresAt',
      'cancelRequest',
      'place',
      'unwind',
      'owes',
      'shares',
      ...otherBody(kept),
      ...(waits ? [] : (['pending'] as const)),
    ],
  };
};
