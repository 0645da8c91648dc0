/**
 * Input of another release: during a deployment or after a rollback, the message of a kind may come
 * to a worker that does not know the kind. The message waits for another worker before the job is
 * given up.
 */
import * as v from 'valibot';
import { LIMITS } from '#shared/kernel/limits.ts';
import { hintsOf, jobIdOf, parseEnvelope } from '../../envelope/envelope.ts';
import type { EnvelopeIssue } from '../../envelope/issue.ts';
import { defineJob, kindsOf } from '../../kinds/defineJob.ts';
import type { Delivery } from '../../ports/jobs.ts';
import type { JobFacts } from '../../record/claimOutcome.ts';
import { scheduled } from '../../record/newRecord.ts';
import { isTerminal, type JobRecord } from '../../record/record.ts';
import { factsOf } from '../../record/recordFacts.ts';
import { dead } from '../../record/transitions.ts';
import type { Disposition, JobDeps } from '../disposition.ts';
import { quarantine } from '../quarantine.ts';
import { keepBody } from './park.ts';
import { turnSeconds } from './waitTimes.ts';

/** What another worker may be able to run. */
const ELSEWHERE: readonly EnvelopeIssue['code'][] = ['UNKNOWN_KIND', 'VERSION_NEWER'];

type Deps = Pick<JobDeps, 'store' | 'clock' | 'blobs' | 'graceSeconds'>;

/** The job as a worker that knows its kind would see it, as far as this worker can tell. */
const factsIn = (delivery: Delivery): JobFacts | undefined => {
  const { kind = '' } = hintsOf(delivery.body);
  const standIn = defineJob({ kind, payload: v.unknown(), run: () => Promise.resolve() });
  const job = parseEnvelope(delivery.body, kindsOf([standIn]));
  if (!job.ok) return undefined;
  const id = delivery.released ?? jobIdOf(job.value.envelope, delivery.messageId);
  return factsOf(job.value, id, delivery);
};

const isOf = ({ messageId, released }: Delivery, record: JobRecord): boolean =>
  record.messageId === messageId || record.id === released;

/** When the wait began, in ms since the epoch: at the first delivery, or when the job was due. */
const sinceOf = (record: JobRecord | undefined, { sentAt }: Delivery): number =>
  record ? Math.max(record.updatedAt, record.dueAt ?? 0, record.leaseUntil ?? 0) : sentAt;

/** Gives up a job that no worker could run in time. */
const giveUp = async (
  record: JobRecord | undefined,
  delivery: Delivery,
  issue: EnvelopeIssue,
  deps: Deps,
): Promise<Disposition> => {
  const { store, clock, blobs, graceSeconds } = deps;
  const message = `${issue.message}; no worker could run it within ${graceSeconds} s`;
  if (!record) return quarantine(delivery, { ...issue, message }, deps);
  if (record.status === 'SCHEDULED' && record.attempt === 0) {
    await store.forget(record);
    return quarantine(delivery, { ...issue, message }, deps);
  }
  const { id, kind, attempt } = record;
  const [now, report] = [clock.now(), { id, kind, code: issue.code }];
  const error = { code: issue.code, message, attempt, at: now };
  const change = dead(record, now, error, await keepBody(delivery.body, id, blobs));
  return (await store.change(record, change)).kind === 'applied'
    ? { action: 'delete', as: 'dead', attempt, ...report }
    : { action: 'return', as: 'unknown', seconds: LIMITS.turnWaitSecondsMin, ...report };
};

/** Writes down what the job waits for, so that a person sees it. */
const noteFirstLook = async (
  facts: JobFacts,
  dueAt: number,
  issue: EnvelopeIssue,
  { store, clock }: Deps,
): Promise<void> => {
  const note = `no worker here can run it yet: ${issue.message}`;
  await store.create(scheduled(facts, clock.now(), { dueAt }, { event: 'scheduled', note }));
};

const isOver = (record: JobRecord | undefined, delivery: Delivery, deps: Deps): boolean =>
  delivery.receives >= LIMITS.receivesKept ||
  deps.clock.now() >= sinceOf(record, delivery) + deps.graceSeconds * 1_000;

const mayRunElsewhere = ({ code }: EnvelopeIssue, { graceSeconds }: Deps): boolean =>
  graceSeconds > 0 && ELSEWHERE.includes(code);

/**
 * Keeps input that this worker cannot run. Input that another worker may know comes back until the
 * grace is over, counted from the first delivery; its group waits, and no attempt is spent. After
 * the grace the input is quarantined; a job that had begun to run is DEAD. Any other input is
 * quarantined at once.
 */
export const unreadable = async (
  delivery: Delivery,
  issue: EnvelopeIssue,
  deps: Deps,
): Promise<Disposition> => {
  if (!mayRunElsewhere(issue, deps)) return quarantine(delivery, issue, deps);
  const facts = factsIn(delivery);
  const known = facts && (await deps.store.get(facts.id));
  if (known && !isOf(delivery, known)) return quarantine(delivery, issue, deps);
  const { id = delivery.messageId, kind = '' } = facts ?? hintsOf(delivery.body);
  const report = { id, kind, code: issue.code };
  if (isTerminal(known?.status)) {
    const as = known?.status === 'CANCELLED' ? 'cancelled' : 'duplicate';
    return { action: 'delete', as, ...report };
  }
  const seconds = Math.min(turnSeconds(delivery.receives), deps.graceSeconds);
  if (facts && !known) await noteFirstLook(facts, deps.clock.now() + seconds * 1_000, issue, deps);
  else if (isOver(known, delivery, deps)) return giveUp(known, delivery, issue, deps);
  return { action: 'return', as: 'unknown', seconds, ...report };
};
