/**
 * Changes on their way out: put on the event bus, then recorded. What is recorded was put; what was
 * put and not recorded is put again under the same id.
 */

import type { HostEvents, HostProjection } from '../ports.ts';
import type { Change } from '../probing/liveness.ts';
import { changeIdOf } from './changeId.ts';

export interface Committed {
  readonly shard: string;
  readonly changes: readonly Change[];
}

/** @returns how many changes were told */
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
