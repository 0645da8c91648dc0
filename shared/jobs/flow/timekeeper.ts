/** Time for jobs without a message: sends jobs that are due, fails jobs that waited too long. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { dependenciesOf, type Envelope } from '../envelope/envelope.ts';

import type { DueReader, JobStore, OutgoingMessage } from '../ports/jobs.ts';
import { unparked } from '../record/messageTransitions.ts';
import { isSuspended, type JobRecord } from '../record/record.ts';
import { keptBody } from '../worker/waits/park.ts';
import { failWaiting } from './dependencies.ts';
import type { RelayDeps } from './relay.ts';
import { DEPENDENCIES_ENDED, releaseMessage } from './releases.ts';
import { endUntaken } from './untakenMessages.ts';

export interface TimekeeperDeps extends Pick<RelayDeps, 'blobs' | 'outgoing' | 'clock' | 'logger'> {
  readonly store: Pick<JobStore, 'get' | 'change' | 'create'>;
  readonly due: DueReader;
}

/** How many jobs were sent, and how many failed at their deadline. */
export interface TimekeeperReport {
  readonly sent: number;
  readonly failed: number;
}

const WIDTH = 16;
/** SQS drops a repeated message for five minutes. */
const SWALLOWED_MS = 240_000;
const NAMED_MAX = 5;

const failLate = async (record: JobRecord, deps: TimekeeperDeps): Promise<void> => {
  const body = await keptBody(record, deps.blobs);
  const all = body === undefined ? [] : dependenciesOf(JSON.parse(body) as Envelope);
  const missing = all.filter((_id, ordinal) => record.pending?.has(ordinal));
  const named = missing.slice(0, NAMED_MAX).join(', ');
  const more = missing.length > NAMED_MAX ? ` and ${missing.length - NAMED_MAX} more` : '';
  const message = `deadline passed while waiting for ${named}${more}`;
  const fault = { code: 'DEPENDENCY_DEADLINE', message };
  await failWaiting(record, fault, deps.clock.now(), deps.store);
};

const isLate = (record: JobRecord, now: number): boolean =>
  record.status === 'WAITING' && record.pending !== undefined && (record.dueAt ?? 0) <= now;

const isSendable = (record: JobRecord): boolean =>
  record.status === 'WAITING'
    ? record.pending === undefined
    : record.status === 'SCHEDULED' || record.status === 'RETRYING' || record.status === 'LIMITED';

/**
 * Whether the row says already that a message was sent. The claim of a job that waits in the middle
 * of its work takes the job out of the index, which saves a write: for some minutes each look sends
 * the message again, and SQS drops the repetition.
 */
const isTold = (record: JobRecord, now: number): boolean => {
  const { dueAt = 0 } = record;
  const sinceMs = now + LIMITS.sendAheadSeconds * 1_000 - dueAt;
  return isSuspended(record) && sinceMs < SWALLOWED_MS;
};

const messagesOf = (
  record: JobRecord,
  deps: TimekeeperDeps,
): Promise<readonly OutgoingMessage[]> => {
  const isReleased = record.status === 'WAITING' && !isSuspended(record);
  // `updatedAt`, because a job that is parked again until the same time needs another message.
  const due = `due ${record.dueAt} of ${record.updatedAt}`;
  return releaseMessage(record, isReleased ? DEPENDENCIES_ENDED : due, deps);
};

/**
 * Sends all jobs that are due, and fails jobs after their deadline. Each job is sent first and
 * noted afterwards: a job that was not noted is sent again, and SQS or the job's row ignores the
 * repetition.
 */
export const keepTime = async (deps: TimekeeperDeps): Promise<TimekeeperReport> => {
  const now = deps.clock.now();
  let sent = 0;
  let failed = 0;
  for await (const page of deps.due.until(now + LIMITS.sendAheadSeconds * 1_000)) {
    const late = page.filter((record) => isLate(record, now));
    await mapPool(late, WIDTH, (record) => failLate(record, deps));
    const sendable = page.filter(isSendable);
    const messages = await mapPool(sendable, WIDTH, (record) => messagesOf(record, deps));
    const untaken = await deps.outgoing.send(messages.flat());
    await endUntaken(untaken, deps);
    const parked = sendable.filter((record) => !isTold(record, now));
    await mapPool(parked, WIDTH, (record) => deps.store.change(record, unparked(record, now)));
    sent += sendable.length - untaken.length;
    failed += late.length;
  }
  return { sent, failed };
};
