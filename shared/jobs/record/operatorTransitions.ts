/** What people decide about jobs that have died, as transitions: pure. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { HistoryEvent, JobRecord } from './record.ts';
import { appended, dueKey, expiry, type KeptBody, type Transition } from './transitions.ts';

/** The dead job no longer holds its group: it stays dead. */
export const skipped = (record: JobRecord, now: number, by: string): Transition => ({
  to: 'DEAD',
  set: {
    updatedAt: now,
    expiresAt: expiry(now, LIMITS.retentionFailedSeconds),
    history: appended(record, { at: now, event: 'skipped', by }),
  },
  remove: ['halted', 'receipt'],
});

/** The dead job runs again where it stands, before the rest of its group. */
export const resumed = (record: JobRecord, now: number, by: string): Transition => ({
  to: 'RETRYING',
  set: {
    updatedAt: now,
    dueAt: now,
    attempt: 0,
    generation: (record.generation ?? 0) + 1,
    // With no message left in its place, a fresh one must come.
    ...(!record.receipt && { due: dueKey(record.id) }),
    history: appended(record, { at: now, event: 'resumed', by }),
  },
  remove: ['halted', 'receipt', 'attention', 'expiresAt'],
});

/** How a job is put back: due at a time, or after the jobs it depends on. */
export interface Again extends KeptBody {
  readonly by: string;
  readonly dueAt: number;
  readonly contentHash: string;
  readonly kind: string;
  readonly patched: boolean;
  /** How many jobs it must wait for; then `dueAt` is its deadline. */
  readonly dependencies: number;
}

/** Put back by hand: under a new generation, with fresh counters, its errors kept. */
export const redriven = (record: JobRecord, now: number, again: Again): Transition => {
  const { by, dueAt, patched, dependencies, ...kept } = again;
  const waits = dependencies > 0;
  const note = patched ? 'with a changed payload' : undefined;
  const event: HistoryEvent = {
    ...{ at: now, event: 'redriven', by },
    ...(!waits && { dueAt }),
    ...(note && { note }),
  };
  return {
    to: waits ? 'WAITING' : 'SCHEDULED',
    set: {
      ...kept,
      ...(waits && { pending: new Set(Array(dependencies).keys()) }),
      dueAt,
      due: dueKey(record.id),
      attempt: 0,
      snoozes: 0,
      generation: (record.generation ?? 0) + 1,
      updatedAt: now,
      history: appended(record, event),
    },
    // Behind all others of its group: they must not wait for it.
    remove: [
      ...(['attention', 'expiresAt', 'cancelRequest', 'place'] as const),
      ...(waits ? [] : (['pending'] as const)),
    ],
  };
};
