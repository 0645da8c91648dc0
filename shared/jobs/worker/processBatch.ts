/** A batch of messages: groups run in parallel, and each message gets its own disposition. */

import type { Delivery, Visibility } from '../ports/jobs.ts';
import { type FaultLog, undecidedOf } from '../record/undecided.ts';
import { createHeartbeat } from './attempt/heartbeat.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import { byMessageGroup, type GroupResult, runGroups } from './messageGroups.ts';
import { processDelivery } from './processDelivery.ts';
import { faultSeconds, leastSeconds } from './waits/waitTimes.ts';

export interface BatchDeps extends JobDeps {
  readonly visibility: Visibility;
  readonly faults: Pick<FaultLog, 'note'>;
}

/** The decisions about a batch. */
export interface BatchReport {
  /** Message ids that stay in their queue. */
  readonly returned: readonly string[];
  readonly dispositions: readonly Disposition[];
}

const faulted = async (
  delivery: Delivery,
  error: unknown,
  { logger, faults, clock }: BatchDeps,
): Promise<Disposition> => {
  const fault = undecidedOf(delivery, error, clock.now());
  const { id, code, messageId } = fault;
  logger.error('job not decided; its message comes back', { jobId: id, messageId, error });
  try {
    await faults.note(fault);
  } catch (unnoted) {
    // When the table itself is what failed, the log and the metric must be enough.
    logger.error('fault not noted', { jobId: id, messageId, error: unnoted });
  }
  const seconds = faultSeconds(delivery.receives);
  return { action: 'return', as: 'fault', seconds, id, kind: '', code };
};

type Results = readonly GroupResult<Delivery, Disposition>[];

const mustReturn = ({ action }: Disposition): boolean => action === 'return';

/**
 * Runs the jobs whose worker was lost: after all others, and one after another. When a worker dies
 * then, only the job that it ran can be the cause. Jobs that were lost least often run first, so
 * that a job that kills its workers does not keep the others waiting.
 */
const runApart = async (
  groups: readonly Delivery[][],
  together: Results,
  decide: (delivery: Delivery) => Promise<Disposition>,
): Promise<Results> => {
  const decided = new Map(together.map(({ item, result }) => [item, result]));
  const attemptOf = ({ result }: Results[number]) => result?.attempt ?? 0;
  const lost = together
    .filter(({ result }) => result?.as === 'apart')
    .sort((a, b) => attemptOf(a) - attemptOf(b));
  for (const { item: head } of lost) {
    // The group stopped at the lost job: the rest of the group runs after this job.
    const group = groups.find((each) => each.includes(head)) ?? [];
    const tail = group.slice(group.indexOf(head));
    for (const { item, result } of await runGroups([tail], decide, mustReturn))
      decided.set(item, result);
  }
  return together.map(({ item }) => ({ item, result: decided.get(item) }));
};

/**
 * Decides a batch of messages, and sets the visibility of those that must come back. One job's
 * error returns only this job's message; the batch itself does not fail.
 * @param requestId the id of the invocation; each claim keeps it
 * @param remainingMs how long the invocation may still run, in ms
 */
export const processBatch = async (
  deliveries: readonly Delivery[],
  requestId: string,
  remainingMs: () => number,
  deps: BatchDeps,
): Promise<BatchReport> => {
  const heartbeat = createHeartbeat({ ...deps, deliveries });
  const decide = (beside: number) => async (delivery: Delivery) => {
    const invocation = { requestId, remainingMs, heartbeat, beside };
    const disposition = await processDelivery(delivery, invocation, deps).catch((error: unknown) =>
      faulted(delivery, error, deps),
    );
    if (disposition.as !== 'apart') heartbeat.decided(delivery);
    return disposition;
  };
  const groups = byMessageGroup(
    deliveries,
    ({ queueUrl, messageGroup, group }) => `${queueUrl} ${messageGroup ?? group}`,
  );
  const together = await runGroups(groups, decide(groups.length - 1), mustReturn);
  const results = await runApart(groups, together, decide(0));
  await heartbeat.stop();

  // Messages that were not started become visible at once: the message before them holds the group.
  const returning = results.flatMap(({ item: delivery, result }) => {
    if (result === undefined) return [{ delivery, seconds: 0 }];
    if (result.action === 'delete') return [];
    return [{ delivery, seconds: Math.max(result.seconds, leastSeconds(delivery.receives)) }];
  });
  try {
    await deps.visibility.change(returning);
  } catch (error) {
    deps.logger.warn('returned messages keep their visibility', { error });
  }
  await Promise.all(results.map(({ result }) => result?.afterwards?.(deps)));
  return {
    returned: returning.map(({ delivery }) => delivery.messageId),
    dispositions: results.flatMap(({ result }) => result ?? []),
  };
};
