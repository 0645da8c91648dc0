/** How a job's state changes: pure builders of the one conditional write that records it. */
import type { Attention } from '#shared/contracts/jobs.ts';
import { ATTENTION_SHARDS, DUE_SHARDS } from '#shared/contracts/tables.ts';
import { sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import type {
  CancelRequest,
  HistoryEvent,
  JobError,
  JobRecord,
  Place,
  Receipt,
  Settlement,
  Status,
} from './record.ts';

/** What a transition writes beside the status. */
export interface Transition {
  readonly to: Exclude<Status, 'RUNNING' | 'QUARANTINED'>;
  readonly set: Partial<Omit<JobRecord, 'id' | 'status' | 'leaseId'>>;
  readonly remove: readonly (keyof JobRecord)[];
}

/** A message body where no message will stand for its job any more; large ones in the bucket. */
export interface KeptBody {
  readonly envelope?: string;
  readonly envelopeRef?: string;
}

/** How a job that must come back is held: by its message, or parked in the table. */
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

export const appended = (record: JobRecord, event: HistoryEvent): readonly HistoryEvent[] =>
  [...record.history, event].slice(-LIMITS.historyMax);

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
 * `result` is JSON text; give `resultRef` instead when it is kept elsewhere.
 * @param refused what became of follow-up jobs that were refused, for people
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
    updatedAt: now,
    expiresAt: expiry(now, LIMITS.retentionCompletedSeconds),
    history: appended(record, {
      ...{ at: now, event: 'completed', attempt: record.attempt },
      ...(refused !== '' && { note: clipped(refused, LIMITS.errorMessageMax) }),
    }),
  },
  remove: [...LEASE_FIELDS, 'error', 'envelope', 'envelopeRef'],
});

/** The stack is kept once: beyond 1 KB, each later write of the row costs another unit. */
const failed = (record: JobRecord, { stack, ...error }: JobError) => ({
  error,
  errors: [...(record.errors ?? []), { ...error, ...(stack && { stack }) }].slice(
    -LIMITS.errorsKept,
  ),
});

/** The attempt failed and another one is allowed. */
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
  remove: ['leaseUntil'],
});

/** Not yet: the attempt is given back. `interrupted` is ours, `snoozed` the handler's. */
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
      ...{ at: now, event, attempt: record.attempt, dueAt: held.dueAt },
      ...(note && { note }),
    }),
  },
  remove: ['leaseUntil'],
});

/** Of a wait that goes on the last word is enough: what led to it must not fall off. */
const awaited = (
  record: JobRecord,
  event: HistoryEvent & { readonly dueAt: number },
): readonly HistoryEvent[] => {
  const last = record.history.at(-1);
  if (last?.event !== event.event) return appended(record, event);
  return [...record.history.slice(0, -1), { ...event, at: last.at }];
};

/** Its source is over its limits: nothing is spent, it comes back at its time. */
export const limited = (record: JobRecord, now: number, held: Held): Transition => ({
  to: 'LIMITED',
  set: {
    ...held,
    updatedAt: now,
    history: awaited(record, { at: now, event: 'limited', dueAt: held.dueAt }),
  },
  remove: ['leaseUntil', 'due', 'notBefore'],
});

/** Keeps the envelope: a dead job has no message any more that could bring it back. */
export const dead = (
  record: JobRecord,
  now: number,
  error: JobError,
  kept: KeptBody & { readonly receipt?: Receipt },
): Transition => {
  const halts = kept.receipt !== undefined;
  const event: HistoryEvent = { at: now, event: 'dead', attempt: record.attempt, code: error.code };
  return {
    to: 'DEAD',
    set: {
      ...failed(record, error),
      ...kept,
      ...(halts && { halted: true }),
      // What holds its group stays until a person has decided.
      ...(!halts && { expiresAt: expiry(now, LIMITS.retentionFailedSeconds) }),
      updatedAt: now,
      attention: attentionKey('DEAD', record.id),
      history: appended(record, halts ? { ...event, event: 'halted' } : event),
    },
    remove: [...LEASE_FIELDS.filter((field) => !(halts && field === 'receipt')), 'pending'],
  };
};

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

/**
 * No message stands for the job any more; the table holds it until it is due.
 * @param why it does not start, where that is no part of its row yet
 */
export const parked = (record: JobRecord, now: number, held: Held, why?: string): Transition => ({
  // One that ran and was lost, or waited for others, has nothing but its time to wait for.
  to: FREE_TO_WAIT.find((status) => status === record.status) ?? 'SCHEDULED',
  set: {
    ...held,
    updatedAt: now,
    ...(why !== undefined && {
      history: awaited(record, { at: now, event: 'parked', note: why, dueAt: held.dueAt }),
    }),
  },
  remove: ['leaseUntil', 'notBefore', 'receipt'],
});

/** Its message was received again, and goes on waiting: of its receipts the newest counts. */
export const received = (record: JobRecord, now: number, receipt: Receipt): Transition => ({
  to: record.status as Transition['to'],
  set: { receipt, updatedAt: now },
  remove: [],
});

/** Its message is on its way again. */
export const unparked = (record: JobRecord, now: number): Transition => ({
  to: record.status as Transition['to'],
  set: { updatedAt: now },
  remove: ['due'],
});
