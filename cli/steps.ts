/** The whole trace of a job: its own decisions, its money, its callback. */
import type { Deployment } from '#client/deployment.ts';
import { moneySteps } from '#shared/billing/moneyTrace.ts';
import type { JobRecord } from '#shared/jobs/record/record.ts';
import { callbackSteps, type TraceStep, traceOf } from '#shared/jobs/record/trace.ts';
import { undecidedText } from '#shared/jobs/record/undecided.ts';

/** All steps of a job, in the order of time. */
export const stepsOf = async (
  record: JobRecord,
  { deliveries, faults, ledger }: Deployment,
): Promise<readonly TraceStep[]> => {
  const [delivery, fault] = await Promise.all([
    record.callback ? deliveries.get(record.id) : undefined,
    faults.get(record.id),
  ]);
  return [
    ...traceOf(record),
    ...(await moneySteps(record, ledger)),
    ...(delivery ? callbackSteps(delivery) : []),
    ...(fault ? [{ at: fault.at, event: 'undecided', text: undecidedText(fault) }] : []),
  ].sort((a, b) => a.at - b.at);
};
