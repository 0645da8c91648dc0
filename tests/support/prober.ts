/** A prober in a process of its own: told hosts, it answers with what it found. */

import { createProbe } from '#shared/hosts/http/probe.ts';
import { watchStalls } from '#shared/hosts/http/stalls.ts';
import type { ProbeOutcome } from '#shared/hosts/probing/probeOutcome.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { systemClock } from '#shared/kernel/ports.ts';
import { probeHosts } from './probeHosts.ts';

export interface ProberOrder {
  readonly hosts: readonly Host[];
  /** All at once instead, as nobody should. */
  readonly atOnce?: boolean;
}

const probe = createProbe({ allow: ['127.0.0.0/8'], clock: systemClock, hosts: 1_000 });
const stalls = watchStalls(systemClock);

const run = async ({ hosts, atOnce }: ProberOrder): Promise<readonly ProbeOutcome[]> => {
  if (atOnce) return Promise.all(hosts.map((host) => probe(host, host.probe.timeoutMs)));
  return probeHosts(hosts, probe, stalls);
};

process.on('message', (order: ProberOrder) => {
  run(order).then(
    (outcomes) => process.send?.(outcomes),
    (error: unknown) => {
      throw error;
    },
  );
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
