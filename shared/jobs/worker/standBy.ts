/** A job that may not start for no reason of its own: its message waits, or the table takes it over. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { ValidJob } from '../envelope/envelope.ts';
import type { Delivery } from '../ports/jobs.ts';
import { classifyRefusal, type JobFacts, lostAttempt } from '../record/claimOutcome.ts';
import { scheduled } from '../record/newRecord.ts';
import type { JobRecord } from '../record/record.ts';
import { type Held, parked } from '../record/transitions.ts';
import { refused } from './claimRefused.ts';
import type { Decision, Disposition, JobDeps } from './disposition.ts';
import { deferOrPark, whereToWait } from './park.ts';
import { ready } from './preconditions.ts';

export interface Standing {
  readonly as: Extract<Decision, 'paused' | 'behind'>;
  readonly seconds: number;
  /** What it waits for, as its history tells it. */
  readonly why: string;
  readonly code?: string;
}

/** Writes the wait into the job's row; false when somebody else changed that meanwhile. */
export const keep = async (
  facts: JobFacts,
  record: JobRecord | undefined,
  held: Held,
  why: string,
  deps: { readonly store: Pick<JobDeps['store'], 'change' | 'create'> } & Pick<JobDeps, 'clock'>,
): Promise<boolean> => {
  const now = deps.clock.now();
  if (record) {
    const { set, ...change } = parked(record, now, held, why);
    // Of an attempt that was lost it goes on as its next attempt would have.
    const lost = record.status === 'RUNNING' && { attempt: lostAttempt(record).attempt - 1 };
    const written = await deps.store.change(record, { ...change, set: { ...set, ...lost } });
    return written.kind === 'applied';
  }
  const row = scheduled(facts, now, held, { event: 'parked', note: why });
  return (await deps.store.create(row)).kind === 'created';
};

/** What stands in the way of waiting: the job ended, runs, or is another one. */
export const obstacleTo = (record: JobRecord, { contentHash }: JobFacts, now: number) => {
  const request = { contentHash, now, leaseId: '', attemptsMax: LIMITS.attemptsMax + 1 };
  const refusal = classifyRefusal(record, request, LIMITS.clockSkewMs);
  const { kind } = refusal;
  return kind === 'early' || kind === 'claimed' || kind === 'abandoned' ? undefined : refusal;
};

export const standBy = async (
  job: ValidJob,
  facts: JobFacts,
  delivery: Delivery,
  { as, seconds, why, code }: Standing,
  deps: JobDeps,
): Promise<Disposition> => {
  const { id, kind } = facts;
  const report = { as, id, kind, ...(code && { code }) };
  const now = deps.clock.now();
  const next = now + seconds * 1_000;
  if (whereToWait(next, now, delivery, deps.retentionSeconds) === 'queue')
    return { action: 'return', seconds, ...report };
  // A job that comes back released has its dependencies and its time behind it.
  const start = await ready(job, facts, delivery, deps);
  if ('action' in start) return start;
  const found = await deps.store.get(id);
  const record = found?.status === 'QUARANTINED' ? undefined : found;
  const stop = record && obstacleTo(record, facts, now);
  if (stop?.kind === 'expired') await deps.store.forget(stop.record);
  else if (stop) return refused(stop, facts, job.envelope, delivery, deps);
  const seen = stop ? undefined : record;
  const dueAt = Math.max(next, seen?.status === 'WAITING' ? 0 : (seen?.dueAt ?? 0));
  const { held, fate } = await deferOrPark(dueAt, id, delivery, deps);
  if (fate.action === 'return') return { ...fate, ...report };
  const isKept = await keep(facts, seen, held, why, deps);
  return isKept ? { ...fate, ...report } : { action: 'return', seconds: 0, ...report };
};
