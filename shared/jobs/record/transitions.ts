/** How a job's state changes: pure builders of the one conditional write of a change. */
import type { Attention } from '#shared/contracts/jobs.ts';
import { ATTENTION_SHARDS, DUE_SHARDS } from '#shared/contracts/tables.ts';
import { sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import { droppedBy } from './droppedCalls.ts';
import { type KeptBody, otherBody } from './keptBody.ts';
import {
  type CancelRequest,
  type HistoryEvent,
  isSuspended,
  type JobError,
  type JobRecord,
  type Place,
  type Receipt,
  type Settlement,
  type Status,
} from './record.ts';

/** A new status, and the fields to write and to remove with it. */
export interface Transition {
  readonly to: Exclude<Status, 'RUNNING' | 'QUARANTINED'>;
  readonly set: Partial<Omit<JobRecord, 'id' | 'status' | 'leaseId'>>;
  readonly remove: readonly (keyof JobRecord)[];
}

/** How a job waits: with its message in the queue, or parked in the table. `dueAt` in ms. */
export interface Held extends KeptBody {
  readonly dueAt: number;
  readonly due?: string;
  readonly receipt?: Receipt;
  readonly place?: Place;
}

/** Where a job's children are: inline, or in the bucket. */
export interface Outbox {
  readonly children?: string;
  readonly childrenRef?: string;
}

/** The history with one more event; the oldest events are dropped. */
export const appended = (record: JobRecord, event: HistoryEvent): readonly HistoryEvent[] =>
  [...record.history, event].slice(-LIMITS.historyMax);

/** A TTL in seconds since the epoch. @param now ms since the epoch */
export const expiry = (now: number, seconds: number): number => Math.floor(now / 1_000) + seconds;

const shardOf = (id: string, shards: number): number =>
  Number.parseInt(sha256(id).slice(0, 8), 16) % shards;

/** The key under which the attention index holds the job. */
export const attentionKey = (status: Attention, id: string): string =>
  `${status}#${shardOf(id, ATTENTION_SHARDS)}`;

/** The key under which the due index holds a parked job. */
export const dueKey = (id: string): string => String(shardOf(id, DUE_SHARDS));

const WAITING_FIELDS = ['dueAt', 'due', 'receipt'] as const;
const LEASE_FIELDS = ['leaseUntil', 'cancelRequest', ...WAITING_FIELDS] as const;

/**
 * The job completed. `result` is JSON text; give `resultRef` for a result in the bucket.
 * @param refused which follow-up jobs were refused and why, for people
 */
export const completed = (
  record: JobRecord,
  now: number,
  result: {
    readonly result?: string;
    readonly resultRef?: string;
    readonly settlement?: Settlement;
  } & Outbox,
  refused = '',
): Transition => ({
  to: 'COMPLETED',
  set: {
    ...result,
    ...droppedBy(record.wait),
    updatedAt: now,
    expiresAt: expiry(now, LIMITS.retentionCompletedSeconds),
    history: appended(record, {
      at: now,
      event: 'completed',
      attempt: record.attempt,
      ...(refused !== '' && { note: clipped(refused, LIMITS.errorMessageMax) }),
    }),
  },
  remove: [...LEASE_FIELDS, 'error', 'envelope', 'envelopeRef', 'wait'],
});

/**
 * Keeps the stack once, in `errors`: each KB of a row costs a write unit more at every later write.
 */
const failed = (record: JobRecord, { stack, ...error }: JobError) => ({
  error,
  errors: [...(record.errors ?? []), { ...error, ...(stack && { stack }) }].slice(
    -LIMITS.errorsKept,
  ),
});

/** The attempt failed and another attempt is allowed. */
export const retrying = (
  record: JobRecord,
  now: number,
  error: JobError,
  held: Held,
): Transition => ({
  to: 'RETRYING',
  set: {
    ...failed(record, error),
    ...held,
    updatedAt: now,
    history: appended(record, {
      at: now,
      event: 'retrying',
      attempt: record.attempt,
      code: error.code,
      dueAt: held.dueAt,
    }),
  },
  remove: ['leaseUntil', ...otherBody(held)],
});

/** The attempt is given back, not counted: `snoozed` by the handler, `interrupted` by the mesh. */
export const postponed = (
  record: JobRecord,
  now: number,
  event: 'snoozed' | 'interrupted',
  held: Held,
  note?: string,
): Transition => ({
  to: 'SCHEDULED',
  set: {
    ...held,
    updatedAt: now,
    attempt: record.attempt - 1,
    ...(event === 'snoozed' && { snoozes: (record.snoozes ?? 0) + 1 }),
    history: appended(record, {
      at: now,
      event,
      attempt: record.attempt,
      dueAt: held.dueAt,
      ...(note && { note }),
    }),
  },
  remove: ['leaseUntil', ...otherBody(held)],
});

/** A wait that goes on replaces its last event, so that older events stay in the history. */
const awaited = (
  record: JobRecord,
  event: HistoryEvent & { readonly dueAt: number },
): readonly HistoryEvent[] => {
  const last = record.history.at(-1);
  if (last?.event !== event.event) return appended(record, event);
  return [...record.history.slice(0, -1), { ...event, at: last.at }];
};

/** The job's source is at its limits: the job comes back at `dueAt`, and no attempt is counted. */
export const limited = (record: JobRecord, now: number, held: Held): Transition => ({
  to: 'LIMITED',
  set: {
    ...held,
    updatedAt: now,
    history: awaited(record, { at: now, event: 'limited', dueAt: held.dueAt }),
  },
  remove: ['leaseUntil', 'due', 'notBefore', ...otherBody(held)],
});

/**
 * The job is dead. Its envelope is kept for a redrive. A job that holds its group waits for a person,
 * with its message, or without one where its group has no other job.
 */
export const dead = (
  record: JobRecord,
  now: number,
  error: JobError,
  kept: KeptBody & { readonly receipt?: Receipt },
  halts = kept.receipt !== undefined,
): Transition => {
  const event: HistoryEvent = { at: now, event: 'dead', attempt: record.attempt, code: error.code };
  return {
    to: 'DEAD',
    set: {
      ...failed(record, error),
      ...kept,
      ...droppedBy(record.wait),
      ...(halts && { halted: true }),
      // A job that holds its group stays until a person decides.
      ...(!halts && { expiresAt: expiry(now, LIMITS.retentionFailedSeconds) }),
      updatedAt: now,
      attention: attentionKey('DEAD', record.id),
      history: appended(record, halts ? { ...event, event: 'halted' } : event),
    },
    remove: [
      ...LEASE_FIELDS.filter((field) => !(kept.receipt && field === 'receipt')),
      'pending',
      ...otherBody(kept),
    ],
  };
};

/** A person, or the mesh, cancelled the job. */
export const cancelled = (
  record: JobRecord,
  now: number,
  { by, reason }: Pick<CancelRequest, 'by' | 'reason'>,
): Transition => ({
  to: 'CANCELLED',
  set: {
    updatedAt: now,
    expiresAt: expiry(now, LIMITS.retentionTombstoneSeconds),
    history: appended(record, { at: now, event: 'cancelled', by, note: reason }),
  },
  remove: [...LEASE_FIELDS, 'pending'],
});

const FREE_TO_WAIT = ['RETRYING', 'SCHEDULED', 'LIMITED'] as const;

const restOf = (record: JobRecord) =>
  isSuspended(record)
    ? 'WAITING'
    : (FREE_TO_WAIT.find((status) => status === record.status) ?? 'SCHEDULED');

/**
 * The job has no message any more; the table keeps the job until it is due.
 * @param why the reason, for the history; none when the row tells it already
 */
export const parked = (record: JobRecord, now: number, held: Held, why?: string): Transition => ({
  // A lost job, or a job whose dependencies have ended, waits only for its time now.
  to: restOf(record),
  set: {
    ...held,
    ...(record.wait && isSuspended(record) && { wait: { ...record.wait, in: 'table' as const } }),
    updatedAt: now,
    ...(why !== undefined && {
      history: awaited(record, { at: now, event: 'parked', note: why, dueAt: held.dueAt }),
    }),
  },
  remove: [
    'leaseUntil',
    'receipt',
    ...otherBody(held),
    ...(isSuspended(record) ? [] : (['notBefore'] as const)),
  ],
});
