/** What holds a group lets it go at once, if it can. */
import type { Visibility } from '../ports/jobs.ts';
import type { JobRecord } from '../record/record.ts';

/**
 * Makes the message of a job that was decided upon visible. The decision is written already: when
 * this fails, the message comes back by itself, when its visibility ends.
 * @returns whether it comes back now
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
