/** What the steps of a job have to know of the job's claim. */
import type { JobRecord } from '../../record/record.ts';

/** The job whose steps run; an earlier run may have kept some unless this is the first claim. */
export const stepJobOf = (record: JobRecord) => {
  const { id, messageId, createdAt, generation = 0, leaseId = '', attempt, wait, history } = record;
  const unwinding = record.unwind !== undefined;
  const resumed = attempt > 1 || history.filter(({ event }) => event === 'claimed').length > 1;
  return { id, messageId, createdAt, generation, leaseId, wait, resumed, unwinding };
};
