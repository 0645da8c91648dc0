/** A batch of messages: lanes in parallel, one disposition a message, never a thrown batch. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Disposition, JobDeps } from './disposition.ts';
import { createHeartbeat } from './heartbeat.ts';
import { lanesOf, runLanes } from './lanes.ts';
import type { Delivery, Visibility } from './ports.ts';
import { runJob } from './runJob.ts';

export interface BatchDeps extends JobDeps {
  readonly visibility: Visibility;
}

export interface BatchReport {
  /** Message ids that stay in their queue. */
  readonly returned: readonly string[];
  readonly dispositions: readonly Disposition[];
}

const faulted = (delivery: Delivery, error: unknown, deps: BatchDeps): Disposition => {
  deps.logger.error('job not decided; its message comes back', {
    messageId: delivery.messageId,
    error,
  });
  const code = error instanceof Error ? error.name : 'UNKNOWN';
  const seconds = LIMITS.faultDelaySeconds;
  return { action: 'return', as: 'fault', seconds, id: delivery.messageId, kind: '', code };
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
      return faulted(delivery, error, deps);
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
