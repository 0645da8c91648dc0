/**
 * Verification of a ledger that somebody may write to. A write between two reads appears as a
 * difference, so a difference counts only when it stays.
 */
import type { Problem } from './replay.ts';
import { type Verification, verify } from './verify.ts';
import type { VerifyDeps } from './verifyJournal.ts';

const LOOKS_MAX = 5;
/** The index of holds may be a moment behind. */
const WAIT_MS = 1_000;

/** What {@link verifyRunning} found. */
export interface Verdict extends Verification {
  /** A difference that may come from a write during the look. Nothing is known then. */
  readonly unsure?: Problem;
}

export interface RunningDeps extends VerifyDeps {
  /** Resolves after so many ms. */
  wait(ms: number): Promise<unknown>;
  /** Called before each look after the first. */
  again?(problem: Problem): void;
}

/** Changes with each block, and with each hold that is taken or ended. */
const stateOf = async ({ store, reader, lanes }: VerifyDeps): Promise<string> => {
  const state: unknown[] = [];
  for (let lane = 0; lane < lanes; lane += 1) {
    state.push(await store.head(lane));
    for await (const holds of reader.pendingHolds(lane))
      state.push(holds.map(({ id, left }) => [id, String(left)]));
  }
  return JSON.stringify(state);
};

const isSame = (a: Problem, b: Problem): boolean => a.where === b.where && a.what === b.what;

/**
 * Compares the whole table with the journal, up to five times. One look without a difference is proof.
 * A difference is a problem when the next look finds the same, and nothing was written meanwhile; or
 * when all five looks find the same.
 */
export const verifyRunning = async (deps: RunningDeps): Promise<Verdict> => {
  let problem: Problem | undefined;
  let before: string | undefined;
  for (let looks = 1, same = 0; ; looks += 1) {
    const seen = await verify(deps);
    if (!seen.problem) return seen;
    same = problem && isSame(problem, seen.problem) ? same + 1 : 1;
    problem = seen.problem;
    const state = await stateOf(deps);
    if ((same > 1 && state === before) || same === LOOKS_MAX) return seen;
    if (looks === LOOKS_MAX) {
      const { problem: unsure, ...counts } = seen;
      return { ...counts, unsure };
    }
    before = state;
    deps.again?.(problem);
    await deps.wait(WAIT_MS);
  }
};
