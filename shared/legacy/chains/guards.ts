/** The bounds of a chain, which the original declared and never enforced: pure. */
import { canonicalJson, type Json, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { FollowUp } from './lcp.ts';

export interface Chain {
  readonly id: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** Follow-up jobs that it has had. */
  readonly jobs: number;
  /** What they were, to find repeats. */
  readonly hashes: readonly string[];
  /** What was decided about each parent's follow-ups: asked again, the answer is the same. */
  readonly decisions: Readonly<Record<string, readonly Verdict[]>>;
  /** Counts changes; every write is conditional on the one it saw. */
  readonly version: number;
}

export type Verdict =
  | 'accepted'
  | 'max_depth_reached'
  | 'max_jobs_total_exceeded'
  | 'timeout_exceeded'
  | 'repeat_detected'
  | 'invalid_job_spec';

/** The original's: sha256 of the canonical `{kind, params}`. */
export const repeatHash = ({ kind, params }: Pick<FollowUp, 'kind' | 'params'>): string =>
  sha256(canonicalJson({ kind, params: params as Json }));

export const newChain = (id: string, now: number): Chain => ({
  id,
  startedAt: now,
  jobs: 0,
  hashes: [],
  decisions: {},
  version: 0,
});

const isTooLong = (name = ''): boolean => name.length > LIMITS.labelLengthMax;

/** @param depth of the follow-ups: 1 for those of the chain's root */
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
  const verdicts = followUps.map((followUp): Verdict => {
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
