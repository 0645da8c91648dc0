/** Handles one message of the probes queue, of any kind. */

import type { HostRegistry, ProbeMessage, ProbeQueue } from '../ports.ts';
import { fanOut } from './fanOut.ts';
import { runShard, type ShardDeps, type ShardReport } from './probeRun.ts';
import { lookAtSuspect } from './suspect.ts';

export interface ProberDeps extends ShardDeps {
  readonly registry: Pick<HostRegistry, 'ofShard' | 'shards'>;
  readonly queue: ProbeQueue;
}

/**
 * Does what the message says.
 *
 * @param remainingMs time that the function has left
 * @returns the report of a probe run; undefined when the message only started probe runs
 */
export const carryOut = async (
  message: ProbeMessage,
  remainingMs: number,
  deps: ProberDeps,
): Promise<ShardReport | undefined> => {
  switch (message.kind) {
    case 'minute':
      await fanOut(message, deps);
      return undefined;
    case 'shard':
      return runShard(message, remainingMs, deps);
    case 'suspect':
      return lookAtSuspect(message, remainingMs, deps);
  }
};
