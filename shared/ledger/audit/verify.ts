/** Compares every item of the table with the journal, and names the first item that differs. */
import { UnreadableItemError } from '../ports.ts';
import { bad, isSame } from './verifyBlock.ts';
import { type Settled, settleDoubts } from './verifyDoubts.ts';
import { scanItems } from './verifyItems.ts';
import { type Lane, verifyLane } from './verifyJournal.ts';
import { headsOf, markLanes, type VerifyDeps } from './verifyMarks.ts';
import { checkTally } from './verifyTally.ts';

/**
 * What {@link verify} found, and how much it looked at. Without `problem` and `unsure`, all is as it
 * should be.
 */
export interface Verification extends Settled {
  readonly blocks: number;
  readonly transfers: number;
  readonly accounts: number;
  readonly balances: number;
  readonly holds: number;
  /** The digest of the balances of each lane, from its journal: 64 hex digits. */
  readonly digest: readonly string[];
}

const verifyAll = async (deps: VerifyDeps): Promise<Verification> => {
  const before = await markLanes(deps);
  const tally = await scanItems(before, deps.reader);
  const after = await headsOf(deps);
  const lanes: Lane[] = [];
  for (const [lane, found] of tally.lanes.entries()) {
    const [from, to] = [before[lane], after[lane]];
    if (!from || !to || lanes.at(-1)?.problem) break;
    lanes.push(await verifyLane({ from, to }, found, deps));
  }
  const first = lanes.at(-1)?.problem ?? tally.problem;
  const problem = first ?? (await checkTally(lanes, tally, deps.reader));
  const settled = problem ? { problem } : await settleDoubts(tally, deps);
  const replays = lanes.map(({ replay }) => replay);
  return {
    ...settled,
    blocks: replays.reduce((sum, { head }) => sum + head.seq, 0),
    transfers: replays.reduce((sum, { transfers }) => sum + transfers, 0),
    accounts: tally.accounts.size,
    balances: tally.lanes.reduce((sum, { balances }) => sum + balances.size, 0),
    holds: tally.pending.length,
    digest: replays.map(({ digest }) => digest.toString(16).padStart(64, '0')),
  };
};

/**
 * Compares the whole table with the journal, once. Others may write at the same time: first the
 * items are read, then the journal, which has all that was written before. An item that cannot be
 * read is a problem, not an error.
 */
export const verify = async (deps: VerifyDeps): Promise<Verification> => {
  try {
    return await verifyAll(deps);
  } catch (error) {
    if (!(error instanceof UnreadableItemError)) throw error;
    const problem = bad(`item ${error.id}`, 'cannot be read');
    return { problem, blocks: 0, transfers: 0, accounts: 0, balances: 0, holds: 0, digest: [] };
  }
};

const VERIFIED_MAX = 4;
const PAUSE_MS = 1_000;

export interface RunningDeps extends VerifyDeps {
  /** Called before each verification but the first. */
  again?(): unknown;
}

/**
 * Verifies a ledger that may be in use. A problem is named when two verifications in a row find the
 * same: a commit that could be seen only in part is whole at the second. Four at most; when no two
 * agree, the last problem is `unsure`.
 */
export const verifyRunning = async (deps: RunningDeps): Promise<Verification> => {
  let seen = await verify(deps);
  let stays = false;
  for (let count = 1; seen.problem && !stays && count < VERIFIED_MAX; count += 1) {
    const before = seen.problem;
    await deps.wait(PAUSE_MS);
    await deps.again?.();
    seen = await verify(deps);
    stays = seen.problem !== undefined && isSame(seen.problem, before);
  }
  const { problem, ...counts } = seen;
  if (!problem) return seen;
  const { where, what } = problem;
  return stays ? { ...counts, problem: { where, what } } : { ...counts, unsure: { where, what } };
};
