/** Compares every item of the table with the journal, and names the first item that differs. */
import type { Hold } from '../core/types.ts';
import { UnreadableItemError } from '../ports.ts';
import type { Problem } from './replay.ts';
import { verifyItems } from './verifyItems.ts';
import { bad, type Lane, type VerifyDeps, verifyLane } from './verifyJournal.ts';

/**
 * What {@link verify} found, and how much it looked at. Without `problem`, all is as it should be.
 */
export interface Verification {
  readonly problem?: Problem;
  readonly blocks: number;
  readonly transfers: number;
  readonly accounts: number;
  readonly balances: number;
  readonly holds: number;
  /** The digest of the balances of each lane, from its journal: 64 hex digits. */
  readonly digest: readonly string[];
}

const holdsOf = async ({ reader, lanes }: VerifyDeps): Promise<readonly Hold[]> => {
  const all: Hold[] = [];
  for (let lane = 0; lane < lanes; lane += 1)
    for await (const holds of reader.pendingHolds(lane)) all.push(...holds);
  return all;
};

const verifyAll = async (deps: VerifyDeps): Promise<Verification> => {
  const lanes: Lane[] = [];
  for (let lane = 0; lane < deps.lanes && !lanes.at(-1)?.problem; lane += 1)
    lanes.push(await verifyLane(lane, deps));
  const first = lanes.at(-1)?.problem;
  const holds = first ? [] : await holdsOf(deps);
  const { balances, accounts, problem } = first
    ? { balances: 0, accounts: 0, problem: first }
    : await verifyItems(lanes, holds, deps.reader);
  const replays = lanes.map(({ replay }) => replay);
  return {
    ...(problem && { problem }),
    blocks: replays.reduce((sum, { head }) => sum + head.seq, 0),
    transfers: replays.reduce((sum, { transfers }) => sum + transfers, 0),
    accounts,
    balances,
    holds: holds.length,
    digest: replays.map(({ digest }) => digest.toString(16).padStart(64, '0')),
  };
};

/**
 * Compares the whole table with the journal. Nobody should write at the same time: what is written
 * during the look may appear as a difference. An item that cannot be read is a problem, not an
 * error.
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
