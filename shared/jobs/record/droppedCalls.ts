/** Called jobs that nobody waits for any more, because another branch of their race came first. */
import type { Wait } from '../steps/kept.ts';
import type { JobRecord } from './record.ts';

/**
 * The field that names them: calls in races that the job waited for, and waits for no longer. A job
 * among them may have ended.
 * @param after what the job waits for now; undefined when it has ended
 */
export const droppedBy = (
  before: Wait | undefined,
  after?: Wait,
): { readonly dropped?: string } => {
  const still = new Set(after?.for.map(({ job }) => job));
  const jobs = (before?.for ?? []).flatMap(({ job, race }) =>
    race !== undefined && job !== undefined && !still.has(job) ? job : [],
  );
  return jobs.length > 0 ? { dropped: JSON.stringify(jobs) } : {};
};

/** The jobs that the field names. */
export const droppedIn = ({ dropped = '[]' }: Pick<JobRecord, 'dropped'>): readonly string[] =>
  JSON.parse(dropped) as readonly string[];
