/** A job that must not start for a reason outside of the job: a pause, or an earlier job. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { ValidJob } from '../../envelope/envelope.ts';
import type { Delivery } from '../../ports/jobs.ts';
import { classifyRefusal, type JobFacts, lostAttempt } from '../../record/claimOutcome.ts';
import { scheduled } from '../../record/newRecord.ts';
import type { JobRecord } from '../../record/record.ts';
import { type Held, parked } from '../../record/transitions.ts';
import { owesIfLost } from '../attempt/lostRuns.ts';
import { refused } from '../claimRefused.ts';
import type { Decision, Disposition, JobDeps } from '../disposition.ts';
import { deferOrPark, whereToWait } from './park.ts';
import { ready } from './preconditions.ts';

/** Why a job waits, and how long. */
export interface WaitReason {
  readonly as: Extract<Decision, 'paused' | 'behind'>;
  readonly seconds: number;
  /** What the job waits for, as its history shows it. */
  readonly why: string;
  readonly code?: string;
}

/**
 * Writes the wait into the job's row; false when another writer changed the row first.
 * @param owes whether steps of a lost attempt must be taken back
 */
export const keep = async (
  facts: JobFacts,
  record: JobRecord | undefined,
  held: Held,
  why: string,
  deps: { readonly store: Pick<JobDeps['store'], 'change' | 'create'> } & Pick<JobDeps, 'clock'>,
  owes = false,
): Promise<boolean> => {
  const now = deps.clock.now();
  if (record) {
    const { set, ...change } = parked(record, now, held, why);
    // After a lost attempt, the next claim must get the number that a takeover would get.
    const lost = record.status === 'RUNNING' && {
      attempt: lostAttempt(record).attempt - 1,
      ...(owes && { owes }),
    };
    const written = await deps.store.change(record, { ...change, set: { ...set, ...lost } });
    return written.kind === 'applied';
  }
  const row = scheduled(facts, now, held, { event: 'parked', note: why });
  return (await deps.store.create(row)).kind === 'created';
};

/** Why the job cannot wait: it has ended, it runs, or its id belongs to another job. */
export const obstacleTo = (record: JobRecord, { contentHash }: JobFacts, now: number) => {
  const request = { contentHash, now, leaseId: '', attemptsMax: LIMITS.attemptsMax + 1 };
  const refusal = classifyRefusal(record, request, LIMITS.clockSkewMs);
  const { kind } = refusal;
  return kind === 'early' || kind === 'claimed' || kind === 'abandoned' ? undefined : refusal;
};

/**
 * Makes a job wait without a claim: its message comes back, or the table takes over the job when
 * the message is too old or was received too often.
 */
export const standBy = async (
  job: ValidJob,
  facts: JobFacts,
  delivery: Delivery,
  { as, seconds, why, code }: WaitReason,
  deps: JobDeps,
): Promise<Disposition> => {
  const { id, kind } = facts;
  const report = { as, id, kind, ...(code && { code }) };
  const now = deps.clock.now();
  const next = now + seconds * 1_000;
  // None of these waits is long enough that the job's group matters.
  if (whereToWait(next, now, delivery, deps.retentionSeconds, false) === 'queue')
    return { action: 'return', seconds, ...report };
  // A job that the table releases is not checked again for dependencies and time: check them now.
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
  const owes = await owesIfLost(seen, deps);
  const isKept = await keep(facts, seen, held, why, deps, owes);
  return isKept ? { ...fate, ...report } : { action: 'return', seconds: 0, ...report };
};
