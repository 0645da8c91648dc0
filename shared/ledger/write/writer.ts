/**
 * Writes transfers into lanes. While a commit of a lane is under way, transfers wait and form the
 * next group. An idle lane commits at once. Any number of writers may share a lane: the fence on
 * its head lets one commit pass, and the other writers read again.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { nameOf } from '../core/book.ts';
import { thrown } from '../core/compareRequests.ts';
import type { Outcome, Transfer } from '../core/types.ts';
import { setFault } from '../core/validate.ts';
import { type CommitDeps, commitGroup } from './commitGroup.ts';
import { accountsOf, type Memory, newMemory, type Unit } from './laneMemory.ts';

/** Writes sets of transfers. */
export interface Writer {
  /**
   * Writes one transfer, or all or none of a set. A refusal is an outcome, and so is an error of
   * the table. `unknown` when the deadline (ms since the epoch) passed before there was an answer.
   */
  write(transfers: readonly Transfer[], deadline: number): Promise<readonly Outcome[]>;
}

const takeGroup = (queue: Unit[]): readonly Unit[] => {
  let count = 0;
  const end = queue.findIndex(({ transfers }, index) => {
    count += transfers.length;
    return index > 0 && count > LIMITS.ledgerGroupMax;
  });
  return queue.splice(0, end < 0 ? queue.length : end);
};

/** Makes a writer. It keeps what it knows of its lanes in memory, for as long as it lives. */
export const createWriter = (deps: CommitDeps): Writer => {
  /** Home lanes by account. The home of an account never changes. */
  const homes = new Map<string, number>();
  const memories = new Map<number, Memory>();
  const queues = new Map<number, Unit[]>();
  const turns = new Map<number, Promise<void>>();

  /**
   * Runs the work when all earlier work of these lanes is over: one commit at a time in each lane.
   */
  const inTurn = (lanes: readonly number[], work: () => Promise<void>): Promise<void> => {
    const turn = Promise.all(lanes.map((lane) => turns.get(lane))).then(work);
    const over = turn.catch(() => undefined);
    for (const lane of lanes) turns.set(lane, over);
    return turn;
  };

  const findHomes = async (transfers: readonly Transfer[]): Promise<void> => {
    const accounts = transfers.flatMap((transfer) => {
      const [payer] = accountsOf(transfer);
      return payer && transfer.lane === undefined && !homes.has(nameOf(payer)) ? [payer] : [];
    });
    if (accounts.length === 0) return;
    const found = await deps.store.load({ accounts });
    for (const account of found.accounts) homes.set(nameOf(account), account.lane);
  };

  const lanesOf = (transfers: readonly Transfer[]): readonly number[] => {
    const lanes = transfers.map((transfer) => {
      const [payer] = accountsOf(transfer);
      // An unknown payer is refused in any lane, so lane 0 will do.
      return transfer.lane ?? (payer && homes.get(nameOf(payer))) ?? 0;
    });
    return [...new Set(lanes)].sort((a, b) => a - b);
  };

  const commitNext = (lane: number): Promise<void> =>
    inTurn([lane], async () => {
      const group = takeGroup(queues.get(lane) ?? []);
      const memory = memories.get(lane) ?? newMemory([lane]);
      memories.set(lane, memory);
      await commitGroup(memory, group, deps);
    });

  const commitAcross = (lanes: readonly number[], unit: Unit): Promise<void> =>
    inTurn(lanes, async () => {
      for (const lane of lanes) memories.delete(lane);
      await commitGroup(newMemory(lanes), [unit], deps);
    });

  const place = async (unit: Unit): Promise<void> => {
    await findHomes(unit.transfers);
    const lanes = lanesOf(unit.transfers);
    const [lane = 0] = lanes;
    if (lanes.length > 1) return commitAcross(lanes, unit);
    const queue = queues.get(lane) ?? [];
    queue.push(unit);
    queues.set(lane, queue);
    return commitNext(lane);
  };

  return {
    write: async (transfers, deadline) => {
      const fault = setFault(transfers);
      if (fault) return fault;
      try {
        return await new Promise((tell, reject) => {
          place({ transfers, deadline, doubted: false, tell }).catch(reject);
        });
      } catch (error) {
        deps.logger.warn('the ledger could not be reached', { error });
        return transfers.map(({ id }) => thrown(id, error));
      }
    },
  };
};
