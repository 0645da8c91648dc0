/** Ends a job whose last attempt was lost. Loaded when the first such job comes. */
import type { Envelope } from '../../envelope/envelope.ts';
import type { Delivery } from '../../ports/jobs.ts';
import type { JobRecord } from '../../record/record.ts';
import type { Disposition, JobDeps } from '../disposition.ts';
import { bury } from './conclude.ts';
import { mustTakeBack } from './lostRuns.ts';
import type { Fault } from './runHandler.ts';

/** All attempts are used, and the last one was lost with its worker. */
export const exhausted = async (
  record: JobRecord,
  envelope: Envelope,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  const message = `all ${record.attempt} attempts used; the last one died with its worker, which ended, ran out of memory, or was held by a synchronous loop`;
  const fault = { code: 'WORKER_LOST', message };
  const giveUp = (of: Fault) => bury(record, of, envelope.onDead === 'halt', delivery, deps);
  if (!record.unwind && !(await mustTakeBack(record, true, deps))) return giveUp(fault);
  return (await import('../stepJobs/stepwise.ts')).takeBackAgain(record, fault, giveUp, deps);
};
