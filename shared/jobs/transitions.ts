/** How an attempt ends: pure builders of the one conditional write that records it. */
import { ATTENTION_SHARDS } from '#shared/contracts/tables.ts';
import { sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { EnvelopeHints } from './envelope.ts';
import type { HistoryEvent, JobError, JobRecord, Transition } from './record.ts';

const appended = (record: JobRecord, event: HistoryEvent): readonly HistoryEvent[] =>
  [...record.history, event].slice(-LIMITS.historyMax);

const expiry = (now: number, seconds: number): number => Math.floor(now / 1_000) + seconds;

/** The key under which the attention index holds the job. */
const attentionKey = (status: 'DEAD' | 'QUARANTINED', id: string): string =>
  `${status}#${Number.parseInt(sha256(id).slice(0, 8), 16) % ATTENTION_SHARDS}`;

const LEASE_FIELDS = ['leaseUntil', 'dueAt'] as const;

/** `result` is JSON text; give `resultRef` instead when it is kept elsewhere. */
export const completed = (
  record: JobRecord,
  now: number,
  result: { readonly result?: string; readonly resultRef?: string },
): Transition => ({
  to: 'COMPLETED',
  set: {
    ...result,
    updatedAt: now,
    expiresAt: expiry(now, LIMITS.retentionCompletedSeconds),
    history: appended(record, { at: now, event: 'completed', attempt: record.attempt }),
  },
  remove: [...LEASE_FIELDS, 'error'],
});

const failed = (record: JobRecord, error: JobError) => ({
  error,
  errors: [...(record.errors ?? []), error].slice(-LIMITS.errorsKept),
});

/** `dueAt` in ms since the epoch. */
export const retrying = (
  record: JobRecord,
  now: number,
  error: JobError,
  dueAt: number,
): Transition => ({
  to: 'RETRYING',
  set: {
    ...failed(record, error),
    updatedAt: now,
    dueAt,
    history: appended(record, {
      at: now,
      event: 'retrying',
      attempt: record.attempt,
      code: error.code,
      dueAt,
    }),
  },
  remove: ['leaseUntil'],
});

/** Keeps the envelope: a dead job has no message any more that could bring it back. */
export const dead = (
  record: JobRecord,
  now: number,
  error: JobError,
  kept: { readonly envelope?: string; readonly envelopeRef?: string },
): Transition => ({
  to: 'DEAD',
  set: {
    ...failed(record, error),
    ...kept,
    updatedAt: now,
    attention: attentionKey('DEAD', record.id),
    expiresAt: expiry(now, LIMITS.retentionFailedSeconds),
    history: appended(record, {
      at: now,
      event: 'dead',
      attempt: record.attempt,
      code: error.code,
    }),
  },
  remove: LEASE_FIELDS,
});

/** The record of input that cannot run. */
export const quarantined = (
  base: Pick<JobRecord, 'id' | 'messageId' | 'priority' | 'group' | 'createdAt'> & EnvelopeHints,
  now: number,
  error: JobError,
  kept: { readonly envelope?: string; readonly envelopeRef?: string },
): JobRecord => ({
  ...base,
  ...kept,
  id: base.id,
  kind: base.kind ?? '',
  source: base.source ?? 'default',
  status: 'QUARANTINED',
  attempt: 0,
  updatedAt: now,
  contentHash: '',
  error,
  history: [{ at: now, event: 'quarantined', code: error.code }],
  attention: attentionKey('QUARANTINED', base.id),
  expiresAt: expiry(now, LIMITS.retentionFailedSeconds),
});
