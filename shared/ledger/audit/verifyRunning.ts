/**
 * Verification of a ledger that somebody may write to. A write between two reads appears as a
 * difference, so a difference counts only when it stays.
 */
import type { Problem } from './replay.ts';
import { type Verification, verify } from './verify.ts';
import type { VerifyDeps } from './verifyJournal.ts';

/** So many looks, so far apart, must find the same difference. */
export const LOOKS = 5;
const APART_MS = 1_000;

/** What {@link verifyRunning} found. */
export interface Verdict extends Verification {
  /** A difference that may come from a write during the look. Nothing is known then. */
  readonly unsure?: Problem;
}

export interface RunningDeps extends VerifyDeps {
  /** Resolves after so many ms. */
  wait(ms: number): Promise<unknown>;
  /** Called before each look after the first. @param look counts from 1 */
  again?(look: number): unknown;
}

const isSame = (a: Problem, b: Problem): boolean => a.where === b.where && a.what === b.what;

/**
 * Compares the whole table with the journal. One look without a difference is proof. The same
 * difference in five looks is a problem: what a write causes has other numbers each time, or is gone.
 */
export const verifyRunning = async (deps: RunningDeps): Promise<Verdict> => {
  let seen = await verify(deps);
  let stays = true;
  for (let look = 2; seen.problem && look <= LOOKS; look += 1) {
    await deps.wait(APART_MS);
    await deps.again?.(look);
    const before = seen.problem;
    seen = await verify(deps);
    stays &&= seen.problem !== undefined && isSame(seen.problem, before);
  }
  if (!seen.problem || stays) return seen;
  const { problem: unsure, ...counts } = seen;
  return { ...counts, unsure };
};
