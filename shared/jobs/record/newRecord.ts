/** The first row of a job that no worker has claimed: pure. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { EnvelopeHints } from '../envelope/envelope.ts';
import type { JobFacts } from './claimOutcome.ts';
import type { KeptBody } from './keptBody.ts';
import type { HistoryEvent, JobError, JobRecord } from './record.ts';
import { attentionKey, dueKey, expiry, type Held } from './transitions.ts';

type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };

const defined = <T extends object>(fields: T): Present<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Present<T>;

const opened = (facts: JobFacts, now: number, event: HistoryEvent) => ({
  ...defined(facts),
  attempt: 0,
  updatedAt: now,
  history: [event],
});

/** The row of a job that must wait for its time, its source's limits, or a pause. */
export const scheduled = (
  facts: JobFacts,
  now: number,
  held: Held,
  why: Pick<HistoryEvent, 'note'> & { readonly event: 'scheduled' | 'limited' | 'parked' } = {
    event: 'scheduled',
  },
): JobRecord => ({
  ...opened(facts, now, { at: now, ...why, dueAt: held.dueAt }),
  ...held,
  status: why.event === 'limited' ? 'LIMITED' : 'SCHEDULED',
});

/** What a job waits for. Times are ms since the epoch. */
export interface Waiting extends KeptBody {
  readonly deadline: number;
  readonly dependencies: readonly string[];
  readonly onDependencyFailure: 'fail' | 'run';
  readonly notBefore: number | undefined;
}

/** The row of a job that waits for its dependencies; its `dueAt` is the deadline. */
export const waiting = (facts: JobFacts, now: number, wait: Waiting): JobRecord => {
  const { deadline, dependencies, notBefore, onDependencyFailure, ...kept } = wait;
  const [first = ''] = dependencies;
  const more = dependencies.length > 1 ? ` and ${dependencies.length - 1} more` : '';
  return {
    ...opened(facts, now, { at: now, event: 'waiting', note: `${first}${more}`, dueAt: deadline }),
    ...kept,
    ...(notBefore !== undefined && { notBefore }),
    status: 'WAITING',
    pending: new Set(dependencies.keys()),
    onDependencyFailure,
    dueAt: deadline,
    due: dueKey(facts.id),
  };
};

/** The row of a job that is cancelled before its first attempt. */
export const unheard = (facts: JobFacts, now: number, by: string, why: string): JobRecord => ({
  ...opened(facts, now, { at: now, event: 'cancelled', by, note: why }),
  status: 'CANCELLED',
  expiresAt: expiry(now, LIMITS.retentionTombstoneSeconds),
});

/** The row of a job that a person cancelled before any worker saw a message of the job. */
export const tombstone = (id: string, now: number, by: string, reason: string): JobRecord => ({
  id,
  kind: '',
  status: 'CANCELLED',
  attempt: 0,
  createdAt: now,
  updatedAt: now,
  messageId: '',
  priority: '',
  group: '',
  source: '',
  contentHash: '',
  history: [{ at: now, event: 'cancelled', by, note: reason }],
  expiresAt: expiry(now, LIMITS.retentionTombstoneSeconds),
});

/** The row of input that cannot run, with its body and the reason. */
export const quarantined = (
  base: Pick<JobRecord, 'id' | 'messageId' | 'priority' | 'group' | 'createdAt'> & EnvelopeHints,
  now: number,
  error: JobError,
  kept: KeptBody,
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
