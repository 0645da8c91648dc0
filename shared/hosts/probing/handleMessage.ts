/** One message of the probes queue, whichever it is. */

import type { HostRegistry, ProbeMessage, ProbeQueue } from '../ports.ts';
import { fanOut } from './fanOut.ts';
import { runShard, type ShardDeps, type ShardReport } from './probeRun.ts';
import { lookAtSuspect } from './suspect.ts';

export interface ProberDeps extends ShardDeps {
  readonly registry: Pick<HostRegistry, 'ofShard' | 'shards'>;
  readonly queue: ProbeQueue;
}

/** @returns what a probe run of a shard came to; undefined when probe runs were only handed out */
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
