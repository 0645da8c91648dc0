/**
 * Messages that their queue will never take. The job of such a message ends with the reason: a job
 * with a row becomes DEAD, a job without a row is quarantined.
 */

import { mapPool } from '#shared/kernel/pool.ts';
import type { NotTaken } from '../ports/jobs.ts';

import { isTerminal } from '../record/record.ts';
import type { JobDeps } from '../worker/disposition.ts';
import { quarantine } from '../worker/quarantine.ts';
import { failWaiting } from './dependencies.ts';

interface UntakenDeps extends Pick<JobDeps, 'blobs' | 'clock'> {
  readonly store: Pick<JobDeps['store'], 'get' | 'change' | 'create'>;
}

const WIDTH = 16;
const CODE = 'QUEUE_REFUSED';

const end = async ({ message, code, reason }: NotTaken, deps: UntakenDeps): Promise<void> => {
  const why = `no queue takes its message: ${code}: ${reason}`;
  const { released, priority, group, body, deduplicationId } = message;
  if (released === undefined) {
    const sender = { messageId: deduplicationId, priority, group, body };
    const unsent = { ...sender, sentAt: deps.clock.now() };
    await quarantine(unsent, { code: CODE, path: '', message: why }, deps);
    return;
  }
  const record = await deps.store.get(released);
  // Another message of the job was faster when the job runs or has ended.
  if (!record || record.status === 'RUNNING' || isTerminal(record.status)) return;
  await failWaiting(record, { code: CODE, message: why }, deps.clock.now(), deps.store);
};

/** Ends the jobs of messages that no queue takes; safe to repeat. */
export const endUntaken = async (not: readonly NotTaken[], deps: UntakenDeps): Promise<void> => {
  await mapPool(not, WIDTH, (each) => end(each, deps));
};
