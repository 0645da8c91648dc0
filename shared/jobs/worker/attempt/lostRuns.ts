/**
 * Runs whose worker was lost. Nothing was written of how such a run ended, so only its kept steps tell
 * whether something must be taken back.
 */
import type { HistoryEvent, JobRecord } from '../../record/record.ts';
import type { JobDeps } from '../disposition.ts';
import type { AttemptOutcome } from './runHandler.ts';

/** Events of the history that prove that the end of a run was written. A redrive begins anew. */
const RUN_ENDS: readonly HistoryEvent['event'][] = [
  'retrying',
  'snoozed',
  'interrupted',
  'waiting',
  'unwinding',
  'redriven',
  'resumed',
];

/** @param isOver the worker of the last run is lost, so this run counts, too */
const lostARun = ({ history }: JobRecord, isOver: boolean): boolean => {
  let isOpen = false;
  for (const { event } of history) {
    if (event === 'claimed' && isOpen) return true;
    if (event === 'claimed') isOpen = true;
    else if (RUN_ENDS.includes(event)) isOpen = false;
  }
  return isOpen && isOver;
};

/**
 * Whether steps must be taken back before the job may end. A request is made only for a job that
 * lost a worker.
 * @param isOver whether the worker of the last run is lost
 */
export const mustTakeBack = async (
  record: JobRecord,
  isOver: boolean,
  deps: Pick<JobDeps, 'stepStore' | 'clock'>,
): Promise<boolean> => {
  if (record.unwind) return false;
  if (record.owes || !lostARun(record, isOver)) return record.owes === true;
  return (await import('../stepJobs/stepwise.ts')).owesSteps(record, deps);
};

/** As `mustTakeBack`, for a row that may say that it runs although its worker is lost. */
export const owesIfLost = async (
  record: JobRecord | undefined,
  deps: Pick<JobDeps, 'stepStore' | 'clock'>,
): Promise<boolean> => record?.status === 'RUNNING' && mustTakeBack(record, true, deps);

/** Whether steps must be taken back if the job ends after this run without completing. */
export const owesAfter = async (
  record: JobRecord,
  { kind }: AttemptOutcome,
  deps: Pick<JobDeps, 'stepStore' | 'clock'>,
): Promise<boolean> => kind !== 'complete' && kind !== 'lost' && mustTakeBack(record, false, deps);
