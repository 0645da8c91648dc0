/** `host serve`: example hosts on this machine. */

import { createHost, type MeshHost } from '#client/host/host.ts';
import type { HostKind } from '#client/host/hostKind.ts';
import { EXAMPLE_KINDS } from '#client/host/kinds.ts';
import { CliError, EXIT, type ExitCode } from '../../errors.ts';
import { untilInterrupted } from '../../interrupted.ts';
import { json, note, out } from '../../print.ts';

export interface ServeOptions {
  readonly count: number;
  readonly port: number;
  readonly address: string;
  /** Names of kinds, separated by commas. */
  readonly kinds: string;
  readonly concurrency: number;
  readonly latency: number;
  readonly secret?: string;
  readonly json?: boolean;
}

const PORT_MAX = 65_535;
const LOOPBACK = /^(?:127\.|::1$|localhost$)/;

const kindsOf = (names: string): Readonly<Record<string, HostKind>> => {
  const kinds = names.split(',').map((name) => {
    const kind = EXAMPLE_KINDS[name];
    if (kind) return [name, kind] as const;
    const known = Object.keys(EXAMPLE_KINDS).join(', ');
    throw new CliError(`--kinds: there is no ${name}; there are ${known}.`, EXIT.usage);
  });
  return Object.fromEntries(kinds);
};

const portsOf = ({ port, count }: ServeOptions): readonly number[] => {
  if (port + count - 1 > PORT_MAX)
    throw new CliError(`--port: ${count} ports from ${port} end above ${PORT_MAX}.`, EXIT.usage);
  return Array.from({ length: count }, (_, index) => (port === 0 ? 0 : port + index));
};

const listen = async (hosts: readonly MeshHost[], options: ServeOptions) => {
  const ports = portsOf(options);
  const { address } = options;
  try {
    return await Promise.all(
      hosts.map((host, index) => host.listen({ port: ports[index] ?? 0, address, drainOn: [] })),
    );
  } catch (error) {
    await Promise.all(hosts.map((host) => host.close()));
    throw error;
  }
};

/**
 * Runs hosts until Ctrl-C, then drains them.
 *
 * @throws CliError for an unknown kind, or ports above 65,535
 */
export const serveHosts = async (options: ServeOptions): Promise<ExitCode> => {
  const { concurrency, latency, secret } = options;
  const kinds = kindsOf(options.kinds);
  const hosts = Array.from({ length: options.count }, () =>
    createHost({ kinds, concurrency, latencyMs: latency, ...(secret !== undefined && { secret }) }),
  );
  const interrupted = untilInterrupted();
  const endpoints = await listen(hosts, options);
  if (options.json) json({ endpoints, kinds: Object.keys(kinds), concurrency });
  else out(endpoints.join('\n'));
  if (secret === undefined && !LOOPBACK.test(options.address))
    note('Everybody who reaches them may run jobs on them: give a --secret.');
  await interrupted;
  note('Draining; once more to leave at once.');
  await Promise.all(hosts.map((host) => host.drain()));
  return EXIT.ok;
};
