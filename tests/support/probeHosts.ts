/** A run of the prober over hosts that nothing is known of, with all the time there is. */

import type { Probe } from '#shared/hosts/ports.ts';
import { type ProbeAllDeps, probeAll } from '#shared/hosts/probing/probeAll.ts';
import type { ProbeOutcome } from '#shared/hosts/probing/probeOutcome.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { systemClock, systemRandom, systemSleep } from '#shared/kernel/ports.ts';

/** What was found, in the order of the hosts. */
export const probeHosts = async (
  hosts: readonly Host[],
  probe: Probe,
  stalls: ProbeAllDeps['stalls'],
): Promise<readonly ProbeOutcome[]> => {
  const { results } = await probeAll(
    hosts.map((host) => ({ host, live: undefined })),
    {
      probe,
      stalls,
      clock: systemClock,
      random: systemRandom,
      sleep: systemSleep,
      budgetMs: 600_000,
      vcpus: 2,
    },
  );
  return hosts.flatMap(({ id }) => results.get(id)?.outcome ?? []);
};
