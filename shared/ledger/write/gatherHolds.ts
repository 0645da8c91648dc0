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

/** Makes {@link ReadHold}. When a common read fails, it fails for all of its turn. */
export const gatherHolds = ({ load }: Pick<LaneStore, 'load'>): ReadHold => {
  let open: Gathering | undefined;
  const begin = (): Gathering => {
    const ids = new Set<string>();
    const found = Promise.resolve().then(async () => {
      open = undefined;
      const { holds } = await load({ records: [...ids] });
      return new Map(holds.map((hold) => [hold.id, hold]));
    });
    return { ids, found };
  };
  return async (id) => {
    open ??= begin();
    const { ids, found } = open;
    ids.add(id);
    return (await found).get(id);
  };
};
