/** Jobs that must take steps back before they may end. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { clipped } from '#shared/kernel/text.ts';
import type { JobRecord } from '../../record/record.ts';
import { unwinding } from '../../record/unwinding.ts';
import { owedIn, type Unwind } from '../../steps/kept.ts';
import { ownerOf } from '../../steps/owner.ts';
import { conclude, endCancelled } from '../attempt/conclude.ts';
import type { Fault } from '../attempt/runHandler.ts';
import type { Disposition, JobDeps } from '../disposition.ts';

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

/** The steps were taken back: the job ends in the state that was decided before. */
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

/** The worker was lost in the last attempt, or while it took steps back: a fresh run takes them back. */
export const takeBackAgain = async (
  record: JobRecord,
  fault: Fault,
  giveUp: (fault: Fault) => Promise<Disposition>,
  deps: JobDeps,
): Promise<Disposition> => {
  const { id, kind, history } = record;
  const { code, message } = fault;
  const times = history.filter(({ event }) => event === 'unwinding').length;
  if (record.unwind && times >= LIMITS.unwindsMax) {
    const lost = `not all steps were taken back: their worker was lost ${times} times`;
    return undone(record, [lost], giveUp, deps);
  }
  const why: Unwind = record.unwind ?? { kind: 'failed', fault: { code, message } };
  await deps.store.change(record, unwinding(record, deps.clock.now(), why));
  return { action: 'return', as: 'waiting', seconds: 0, id, kind };
};
