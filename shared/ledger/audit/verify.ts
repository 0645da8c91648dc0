/** Compares every item of the table with the journal, and names the first item that differs. */
import { UnreadableItemError } from '../ports.ts';
import type { Problem } from './replay.ts';
import { bad } from './verifyBlock.ts';
import { type Settled, settleDoubts } from './verifyDoubts.ts';
import { checkTally, scanItems } from './verifyItems.ts';
import { type Lane, type Mark, markLane, type VerifyDeps, verifyLane } from './verifyJournal.ts';

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
  const marks: Mark[] = [];
  for (let lane = 0; lane < deps.lanes; lane += 1) marks.push(await markLane(lane, deps));
  const tally = await scanItems(marks, deps.reader);
  const lanes: Lane[] = [];
  for (const mark of marks) {
    if (lanes.at(-1)?.problem) break;
    lanes.push(await verifyLane(mark, tally.balances[mark.head.lane] ?? new Map(), deps));
  }
  const first: Problem | undefined = lanes.at(-1)?.problem ?? tally.problem;
  const problem = first ?? (await checkTally(lanes, tally, deps.reader));
  const settled = problem ? { problem } : await settleDoubts(tally, deps);
  const replays = lanes.map(({ replay }) => replay);
  return {
    ...settled,
    blocks: replays.reduce((sum, { head }) => sum + head.seq, 0),
    transfers: replays.reduce((sum, { transfers }) => sum + transfers, 0),
    accounts: tally.accounts.size,
    balances: tally.balances.reduce((sum, { size }) => sum + size, 0),
    holds: tally.pending.length,
    digest: replays.map(({ digest }) => digest.toString(16).padStart(64, '0')),
  };
};

/**
 * Compares the whole table with the journal. Others may write at the same time: first the items are
 * read, then the journal, which has all that was written before its own end. An item that cannot be
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
