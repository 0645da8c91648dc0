/** Lets a group go on at once after a decision about the job that holds it. */
import type { Visibility } from '../ports/jobs.ts';
import type { JobRecord } from '../record/record.ts';

/**
 * Makes the message of a job visible after a decision about the job. The decision is already
 * written, so a failure does no harm: the message comes back at the end of its visibility timeout.
 * @returns whether the message comes back now
 */
export const letGo = async (
  { receipt }: Pick<JobRecord, 'receipt'>,
  visibility: Pick<Visibility, 'release'>,
): Promise<boolean> => {
  if (!receipt) return false;
  try {
    return await visibility.release(receipt);
  } catch {
    return false;
  }
};
