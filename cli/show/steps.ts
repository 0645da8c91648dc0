/** The whole trace of a job: its own decisions, those of the original system, its money, its callback. */
import type { Deployment } from '#client/deployment.ts';
import { moneySteps } from '#shared/billing/moneyTrace.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { stepTrace } from '#shared/jobs/record/stepTrace.ts';
import { callbackSteps, type TraceStep, traceOf } from '#shared/jobs/record/trace.ts';
import { undecidedText } from '#shared/jobs/record/undecided.ts';
import { ownerOf } from '#shared/jobs/steps/owner.ts';

/** The kept steps of a job, its signals and its waits, in the order of time. */
export const keptOf = async (
  record: JobRecord,
  { stepStore }: Deployment,
): Promise<readonly TraceStep[]> =>
  stepTrace(record, await stepStore.read(ownerOf(record, record.updatedAt)));

/** All steps of a job, in the order of time. */
export const stepsOf = async (
  record: JobRecord,
  deployment: Deployment,
): Promise<readonly TraceStep[]> => {
  const { deliveries, faults, ledger, past } = deployment;
  const [delivery, fault, kept, before] = await Promise.all([
    record.callback ? deliveries.get(record.id) : undefined,
    faults.get(record.id),
    keptOf(record, deployment),
    past.of(record.id),
  ]);
  return [
    ...before,
    ...traceOf(record),
    ...kept,
    ...(await moneySteps(record, ledger)),
    ...(delivery ? callbackSteps(delivery) : []),
    ...(fault ? [{ at: fault.at, event: 'undecided', text: undecidedText(fault) }] : []),
  ].sort((a, b) => a.at - b.at);
};
