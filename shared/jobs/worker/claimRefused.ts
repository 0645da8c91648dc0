/** What becomes of a message whose claim was refused. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { Delivery } from '../ports/jobs.ts';
import { type ClaimOutcome, type JobFacts, lostAttempt } from '../record/claimOutcome.ts';
import { received } from '../record/messageTransitions.ts';
import { isSuspended, type JobRecord } from '../record/record.ts';
import { noteDropped, takenIssue } from '../record/repeatedIds.ts';
import { cancelled, parked, type Transition } from '../record/transitions.ts';
import type { KeptWait, Unwind } from '../steps/kept.ts';
import { mustTakeBack } from './attempt/lostRuns.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import { quarantine } from './quarantine.ts';
import { isAlone, takePlace } from './waits/groupPlaces.ts';
import { deferOrPark, haltSeconds, receiptOf, secondsUntil } from './waits/park.ts';

/** Whether the job waits for something. A job that takes its steps back no longer waits. */
const isWaiting = (record: JobRecord): record is JobRecord & { readonly wait: KeptWait } =>
  isSuspended(record) && record.unwind === undefined;

const unwound = async (record: JobRecord, why: Unwind, { clock }: JobDeps): Promise<Transition> =>
  (await import('./stepJobs/stepwise.ts')).unwinding(record, clock.now(), why);

type Refusal = Exclude<ClaimOutcome, { kind: 'claimed' }>;

/** Quarantines the message under its message id, and notes it on the row of the job with its id. */
const taken = async (
  record: JobRecord,
  facts: JobFacts,
  { idempotencyKey }: Envelope,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  const issue = takenIssue({ ...facts, idempotencyKey }, record);
  const disposition = await quarantine(delivery, issue, deps);
  const { messageId, createdAt: at } = facts;
  await deps.store.note(record.id, { at, messageId, code: issue.code });
  return disposition;
};

const early = async (
  record: JobRecord,
  dueAt: number,
  facts: JobFacts,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  const { id, kind } = facts;
  const now = deps.clock.now();
  const { held, fate } = await deferOrPark(dueAt, id, delivery, deps);
  const { receipt } = held;
  if (fate.action === 'return') {
    // The row already names this time. Only the receipt is new: SQS accepts no older one.
    if (receipt) await deps.store.change(record, received(record, now, receipt));
    return { ...fate, as: 'early', id, kind };
  }
  const { kind: outcome } = await deps.store.change(record, parked(record, now, held));
  return outcome === 'applied'
    ? { ...fate, as: 'early', id, kind }
    : { action: 'return', as: 'early', seconds: 0, id, kind };
};

/**
 * The message of a halted job came back. Keeps its new receipt, because SQS accepts no older one.
 */
const stillHalted = async (
  record: JobRecord,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  const { id, kind } = record;
  const now = deps.clock.now();
  const report = { as: 'halted', id, kind } as const;
  const seconds = isAlone(delivery, id, deps) ? 0 : haltSeconds(delivery, deps);
  if (seconds > 0) {
    await deps.store.change(record, received(record, now, receiptOf(delivery)));
    return { action: 'return', seconds, ...report };
  }
  // The message is about to expire, or nobody waits behind it: the table keeps the job's place until a person decides.
  const taken = await takePlace(id, delivery, now, deps);
  if (!taken) return { action: 'return', seconds: LIMITS.groupSettleSeconds, ...report };
  const set = { ...taken, updatedAt: now };
  const { kind: outcome } = await deps.store.change(record, {
    to: 'DEAD',
    set,
    remove: ['receipt'],
  });
  return outcome === 'applied'
    ? { action: 'delete', ...report }
    : { action: 'return', seconds: 0, ...report };
};

/** What to do with a message whose claim was refused, for each kind of refusal. */
export const refused = async (
  claim: Refusal,
  facts: JobFacts,
  envelope: Envelope,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  const { id, kind } = facts;
  switch (claim.kind) {
    case 'finished':
      await noteDropped(claim.record, facts, deps);
      return { action: 'delete', as: 'duplicate', id, kind };
    case 'expired':
      return { action: 'delete', as: 'duplicate', id, kind };
    case 'absent':
      // The job was released, but its row is gone: its retention is over, or a person deleted it.
      return { action: 'delete', as: 'duplicate', id, kind, code: 'NO_RECORD' };
    case 'waiting':
      await noteDropped(claim.record, facts, deps);
      return { action: 'delete', as: 'waiting', id, kind };
    case 'running': {
      const seconds = secondsUntil(claim.leaseUntil, deps.clock.now());
      return { action: 'return', as: 'running', seconds, id, kind };
    }
    case 'abandoned': {
      const { attempt } = lostAttempt(claim.record);
      return { action: 'return', as: 'apart', seconds: 0, id, kind, attempt };
    }
    case 'early':
      if (isWaiting(claim.record)) {
        const { stay } = await import('./stepJobs/stepwise.ts');
        return stay(claim.record, delivery, deps);
      }
      return early(claim.record, claim.dueAt, facts, delivery, deps);
    case 'halted':
      return stillHalted(claim.record, delivery, deps);
    case 'cancelling': {
      const { record } = claim;
      const wish = record.cancelRequest ?? { by: 'unknown', reason: '' };
      const mustUnwind = record.unwind !== undefined || (await mustTakeBack(record, true, deps));
      const why = record.unwind ?? { kind: 'cancelled' as const, at: 0, ...wish };
      const change = mustUnwind
        ? await unwound(record, why, deps)
        : cancelled(record, deps.clock.now(), wish);
      const outcome = await deps.store.change(record, change);
      const report = { as: 'cancelled', id, kind } as const;
      return outcome.kind === 'applied' && change.to === 'CANCELLED'
        ? { action: 'delete', ...report }
        : { action: 'return', seconds: 0, ...report };
    }
    case 'exhausted':
      return (await import('./attempt/exhausted.ts')).exhausted(
        claim.record,
        envelope,
        delivery,
        deps,
      );
    case 'taken':
      return taken(claim.record, facts, envelope, delivery, deps);
  }
};
