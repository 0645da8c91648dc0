/** Jobs that must take steps back before they may end. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import type { JobRecord } from '../record/record.ts';
import { unwinding } from '../record/unwinding.ts';
import { owedIn, type Unwind } from '../steps/kept.ts';
import { ownerOf } from '../steps/owner.ts';
import { conclude, endCancelled } from './conclude.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import type { Fault } from './runHandler.ts';

/** The job may not end yet: a fresh run takes its steps back. */
export const takeBack = (
  record: JobRecord,
  unwind: Unwind,
  deps: JobDeps,
): Promise<Disposition> => {
  const change = unwinding(record, deps.clock.now(), unwind);
  return conclude(record, change, { action: 'return', seconds: 0, as: 'waiting' }, deps);
};

/** Whether the job kept steps that must be taken back, and were not. */
export const owesSteps = async (
  record: JobRecord,
  { stepStore, clock }: Pick<JobDeps, 'stepStore' | 'clock'>,
): Promise<boolean> => {
  const { steps } = await stepStore.read(ownerOf(record, clock.now()));
  return owedIn(steps).length > 0;
};

/** The steps were taken back: the job ends as it had to. */
export const undone = (
  record: JobRecord,
  failures: readonly string[],
  giveUp: (fault: Fault) => Promise<Disposition>,
  deps: JobDeps,
): Promise<Disposition> => {
  const told = failures.map((failure) => `; ${failure}`).join('');
  const { unwind } = record;
  if (unwind?.kind === 'cancelled')
    return endCancelled(record, { by: unwind.by, reason: `${unwind.reason}${told}` }, deps);
  const { code = 'UNKNOWN', message = '' } = unwind?.fault ?? {};
  return giveUp({ code, message: clipped(`${message}${told}`, LIMITS.errorMessageMax) });
};
