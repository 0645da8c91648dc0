/**
 * Reads of holds that are asked for in the same turn, as one request: charges of one batch then go on
 * together, and share a commit.
 */
import type { Hold } from '../core/types.ts';
import type { LaneStore } from '../ports.ts';

/** The hold with the id, as the table has it now; undefined: there is none. */
export type ReadHold = (id: string) => Promise<Hold | undefined>;

interface Gathering {
  readonly ids: Set<string>;
  readonly found: Promise<ReadonlyMap<string, Hold>>;
}

/** Makes {@link ReadHold}. When a common read fails, each hold is read by itself: one may be unreadable. */
export const gatherHolds = ({ load }: Pick<LaneStore, 'load'>): ReadHold => {
  let open: Gathering | undefined;
  const read = async (ids: Iterable<string>): Promise<ReadonlyMap<string, Hold>> => {
    const { holds } = await load({ records: [...ids] });
    return new Map(holds.map((hold) => [hold.id, hold]));
  };
  const begin = (): Gathering => {
    const ids = new Set<string>();
    const found = Promise.resolve().then(() => {
      open = undefined;
      return read(ids);
    });
    return { ids, found };
  };
  return async (id) => {
    open ??= begin();
    const { ids, found } = open;
    ids.add(id);
    try {
      return (await found).get(id);
    } catch (error) {
      if (ids.size === 1) throw error;
      return (await read([id])).get(id);
    }
  };
};
