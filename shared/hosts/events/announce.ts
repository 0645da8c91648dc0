/**
 * Announces changes: puts them on the event bus, then records them. A recorded change was put; a
 * change that was put but not recorded is put again with the same id.
 */

import type { HostEvents, HostProjection } from '../ports.ts';
import type { StateChange } from '../probing/hostState.ts';
import { changeIdOf } from './changeId.ts';

export interface Committed {
  readonly shard: string;
  readonly changes: readonly StateChange[];
}

/**
 * Announces the changes of a commit that are not recorded yet.
 *
 * @returns the number of changes that were put
 */
export const announce = async (
  { shard, changes }: Committed,
  { events, projection }: { readonly events: HostEvents; readonly projection: HostProjection },
): Promise<number> => {
  const known = await projection.recorded(changes);
  const fresh = changes.filter((change) => !known.has(changeIdOf(change)));
  const loud = fresh.filter(({ silent }) => silent !== true);
  await events.put(loud);
  await projection.record(shard, fresh);
  return loud.length;
};
