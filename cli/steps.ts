/** The whole trace of a job: its own decisions, its money, its callback. */
import type { Deployment } from '#client/deployment.ts';
import type { JobRecord } from '#shared/jobs/record.ts';
import { callbackSteps, type TraceStep, traceOf } from '#shared/jobs/trace.ts';
import { moneySteps } from '#shared/ledger/trace.ts';

export const stepsOf = async (
  record: JobRecord,
  { deliveries, ledger }: Deployment,
): Promise<readonly TraceStep[]> => {
  const delivery = record.callback ? await deliveries.get(record.id) : undefined;
  return [
    ...traceOf(record),
    ...(await moneySteps(record, ledger)),
    ...(delivery ? callbackSteps(delivery) : []),
  ].sort((a, b) => a.at - b.at);
};
