/** A batch of messages: lanes in parallel, one disposition a message, never a thrown batch. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import { type FaultLog, undecidedOf } from './faults.ts';
import { createHeartbeat } from './heartbeat.ts';
import { lanesOf, runLanes } from './lanes.ts';
import type { Delivery, Visibility } from './ports.ts';
import { runJob } from './runJob.ts';

export interface BatchDeps extends JobDeps {
  readonly visibility: Visibility;
  readonly faults: Pick<FaultLog, 'note'>;
}

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
    // Where the table is out of reach, the log and the metric have to do.
    logger.error('fault not noted', { jobId: id, messageId, error: unnoted });
  }
  const seconds = LIMITS.faultDelaySeconds;
  return { action: 'return', as: 'fault', seconds, id, kind: '', code };
};

/**
 * @param requestId of the invocation, kept in each claim
 * @param remainingMs how long the invocation may still run
 */
export const runBatch = async (
  deliveries: readonly Delivery[],
  requestId: string,
  remainingMs: () => number,
  deps: BatchDeps,
): Promise<BatchReport> => {
  const heartbeat = createHeartbeat({ ...deps, deliveries });
  const decide = async (delivery: Delivery): Promise<Disposition> => {
    try {
      return await runJob(delivery, { requestId, remainingMs, heartbeat }, deps);
    } catch (error) {
      return await faulted(delivery, error, deps);
    } finally {
      heartbeat.settle(delivery);
    }
  };
  const lanes = lanesOf(deliveries, (delivery) => `${delivery.queueUrl} ${delivery.group}`);
  const results = await runLanes(lanes, decide, (disposition) => disposition.action === 'return');
  await heartbeat.stop();

  // What its lane did not reach is visible at once: its group is held by the message before it.
  const returning = results.flatMap(({ item: delivery, result }) => {
    if (result === undefined) return [{ delivery, seconds: 0 }];
    return result.action === 'return' ? [{ delivery, seconds: result.seconds }] : [];
  });
  try {
    await deps.visibility.change(returning);
  } catch (error) {
    deps.logger.warn('returned messages keep their visibility', { error });
  }
  return {
    returned: returning.map(({ delivery }) => delivery.messageId),
    dispositions: results.flatMap(({ result }) => result ?? []),
  };
};
