/**
 * The bounds of a chain of follow-up jobs, which the original system declared but never enforced.
 */
import { canonicalJson, type Json, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { FollowUp } from './lcp.ts';

/** A chain: all follow-up jobs that come from one first job. */
export interface Chain {
  readonly id: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** How many follow-up jobs the chain has had. */
  readonly jobs: number;
  /** The hashes of these jobs, to find repeats. */
  readonly hashes: readonly string[];
  /** The verdicts by parent id, so that the same question gets the same answer again. */
  readonly decisions: Readonly<Record<string, readonly FollowUpVerdict[]>>;
  /** Counts changes. A write applies only to the version that its writer has read. */
  readonly version: number;
}

/** Whether a follow-up job is sent, or why not, in the original system's words. */
export type FollowUpVerdict =
  | 'accepted'
  | 'max_depth_reached'
  | 'max_jobs_total_exceeded'
  | 'timeout_exceeded'
  | 'repeat_detected'
  | 'invalid_job_spec';

/** The original system's hash of a job: sha256 of the canonical `{kind, params}`. */
export const repeatHash = ({ kind, params }: Pick<FollowUp, 'kind' | 'params'>): string =>
  sha256(canonicalJson({ kind, params: params as Json }));

/** A chain that starts now and has no jobs. @param now ms since the epoch */
export const newChain = (id: string, now: number): Chain => ({
  id,
  startedAt: now,
  jobs: 0,
  hashes: [],
  decisions: {},
  version: 0,
});

const isTooLong = (name = ''): boolean => name.length > LIMITS.labelLengthMax;

/**
 * The chain after verdicts about all follow-ups of a parent. The same chain when the parent was
 * judged before.
 * @param depth the depth of the follow-ups; 1 below the chain's first job
 * @param now ms since the epoch
 */
export const judge = (
  chain: Chain,
  parentId: string,
  followUps: readonly FollowUp[],
  depth: number,
  now: number,
): Chain => {
  if (chain.decisions[parentId]) return chain;
  const hashes = new Set(chain.hashes);
  let { jobs } = chain;
  const verdicts = followUps.map((followUp): FollowUpVerdict => {
    if (followUp.kind === '' || isTooLong(followUp.name)) return 'invalid_job_spec';
    if (now > chain.startedAt + LIMITS.chainSecondsMax * 1_000) return 'timeout_exceeded';
    if (depth > LIMITS.chainDepthMax) return 'max_depth_reached';
    if (jobs >= LIMITS.chainJobsMax) return 'max_jobs_total_exceeded';
    const hash = repeatHash(followUp);
    if (hashes.has(hash)) return 'repeat_detected';
    hashes.add(hash);
    jobs += 1;
    return 'accepted';
  });
  const decisions = { ...chain.decisions, [parentId]: verdicts };
  return { ...chain, jobs, hashes: [...hashes], decisions, version: chain.version + 1 };
};
