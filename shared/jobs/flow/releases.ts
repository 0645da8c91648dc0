/** Messages of jobs that the table held. */

import type { Clock } from '#shared/kernel/ports.ts';
import { releaseOf } from '../envelope/message.ts';
import type { Blobs, JobStore, OutgoingMessage } from '../ports/jobs.ts';
import type { JobRecord } from '../record/record.ts';
import { keptBody } from '../worker/waits/park.ts';
import { failWaiting } from './dependencies.ts';

/** The occasion of the release of a job whose dependencies have ended. */
export const DEPENDENCIES_ENDED = 'dependencies';

interface ReleaseDeps {
  readonly blobs: Blobs;
  readonly store: Pick<JobStore, 'change'>;
  readonly clock: Clock;
}

/**
 * The message of a job whose wait is over; none when the job's body is gone, and then the job
 * fails.
 * @param occasion tells this release from other releases of the job
 */
export const releaseMessage = async (
  record: JobRecord,
  occasion: string,
  deps: ReleaseDeps,
): Promise<readonly OutgoingMessage[]> => {
  const body = await keptBody(record, deps.blobs);
  if (body !== undefined) return [releaseOf(record, body, occasion)];
  const fault = { code: 'ENVELOPE_GONE', message: `no envelope at ${record.envelopeRef}` };
  await failWaiting(record, fault, deps.clock.now(), deps.store);
  return [];
};
