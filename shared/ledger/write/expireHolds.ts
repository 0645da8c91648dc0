/** Ends holds whose time is over. Amounts that nobody posted or released go back. */
import { mapPool } from '#shared/kernel/pool.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import { isDone } from '../core/types.ts';
import type { HoldStore } from '../ports.ts';
import type { Ledger } from './ledger.ts';

/** What {@link expireHolds} needs. */
export interface ExpireDeps {
  readonly holds: Pick<HoldStore, 'expired'>;
  readonly ledger: Pick<Ledger, 'expire'>;
  readonly lanes: number;
}

const PAGE = 100;
const WIDTH = 8;

/** How many holds were ended. */
export interface Expired {
  readonly ended: number;
  /** Holds whose time is over and that could not be ended. The next call finds them again. */
  readonly overdue: number;
}

/** Ends at most 100 holds of each lane, oldest first. The timekeeper calls this each minute. */
export const expireHolds = async (
  { holds, ledger, lanes }: ExpireDeps,
  clock: Clock,
): Promise<Expired> => {
  const all = Array.from({ length: lanes }, (_, lane) => lane);
  const found = await mapPool(all, WIDTH, async (lane) => {
    const due = await holds.expired(lane, clock.now(), PAGE);
    const outcomes = await mapPool(due, WIDTH, ({ id }) => ledger.expire(id));
    const ended = outcomes.filter(isDone).length;
    return { ended, overdue: due.length - ended };
  });
  return {
    ended: found.reduce((sum, { ended }) => sum + ended, 0),
    overdue: found.reduce((sum, { overdue }) => sum + overdue, 0),
  };
};
