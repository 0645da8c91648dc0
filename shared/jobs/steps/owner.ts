/** Whose steps are read and kept. */
import { LIMITS } from '#shared/kernel/limits.ts';
import { type JobRecord, signalsSince } from '../record/record.ts';
import type { StepsOf } from './kept.ts';

type Owner = Pick<JobRecord, 'id' | 'messageId' | 'createdAt' | 'generation'>;

/** The owner of the steps of a job. @param now ms since the epoch */
export const ownerOf = (
  { id, messageId, createdAt, generation = 0 }: Owner,
  now: number,
): StepsOf => ({
  id,
  messageId,
  generation,
  since: signalsSince({ createdAt }),
  expiresAt: Math.floor(now / 1_000) + LIMITS.stepKeptSeconds,
});
