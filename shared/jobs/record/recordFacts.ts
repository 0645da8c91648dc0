/** What a job's row says about the job from its first delivery on. */

import { costOf } from '#shared/billing/jobCost.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { ValidJob } from '../envelope/envelope.ts';
import type { Delivery } from '../ports/jobs.ts';
import type { JobFacts } from './claimOutcome.ts';
import { optionsOf } from './repeatedIds.ts';

/** The facts of a job from its envelope and its delivery; the job was created when it was sent. */
export const factsOf = (job: ValidJob, id: string, delivery: Delivery): JobFacts => {
  const { envelope, contentHash, dependencies } = job;
  const { kind, source = 'default', missionId, taskId, parentId, correlationId } = envelope;
  const { messageId, priority, group, sentAt: createdAt, traceHeader } = delivery;
  const needs = dependencies.slice(0, LIMITS.dependenciesShown);
  return {
    id,
    kind,
    messageId,
    priority,
    group,
    source,
    contentHash,
    createdAt,
    missionId,
    taskId,
    parentId,
    correlationId,
    traceHeader,
    callback: envelope.callback?.url,
    schedule: envelope.schedule?.name,
    cost: costOf(envelope),
    options: optionsOf(envelope),
    dependsOn: needs.length > 0 ? needs : undefined,
  };
};
