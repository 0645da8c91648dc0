/** Ends holds whose time is over: what nobody posted or released goes back. */

import { mapPool } from '#shared/kernel/pool.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import type { LedgerSystem } from './system.ts';
import { isDone } from './types.ts';

const PAGE = 100;
const WIDTH = 8;

/** @returns how many were ended; what is left over, the next minute finds */
export const expireHolds = async (
  { holds, ledger, lanes }: Pick<LedgerSystem, 'holds' | 'ledger' | 'lanes'>,
  clock: Clock,
): Promise<number> => {
  const all = Array.from({ length: lanes }, (_, lane) => lane);
  const ended = await mapPool(all, WIDTH, async (lane) => {
    const due = await holds.expired(lane, clock.now(), PAGE);
    const outcomes = await mapPool(due, WIDTH, ({ id }) => ledger.expire(id));
    return outcomes.filter(isDone).length;
  });
  return ended.reduce((sum, count) => sum + count, 0);
};
