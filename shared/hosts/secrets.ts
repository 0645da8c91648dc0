/** The secret of calls to hosts, read again once in a while: a new one is signed with beside the old. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock } from '#shared/kernel/ports.ts';
import type { HostSecrets } from './dispatchPorts.ts';

export const cachedSecrets = ({ current }: HostSecrets, clock: Clock): HostSecrets => {
  let known: readonly string[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  return {
    current: async () => {
      const now = clock.now();
      if (now - readAt < LIMITS.secretFreshMs) return known;
      known = await current();
      readAt = now;
      return known;
    },
  };
};
