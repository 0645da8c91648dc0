/** Hosts to probe, and servers that play them. */
import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Host, ProbeSettings } from '#shared/hosts/host.ts';
import type { Live } from '#shared/hosts/live.ts';

export const aHost = (id: string, endpoint: string, probe: Partial<ProbeSettings> = {}): Host => ({
  id,
  endpoint,
  capabilities: [],
  unit: 'credit',
  concurrency: 1,
  tags: [],
  probe: {
    path: '/health',
    method: 'GET',
    expectStatus: [[200, 299]],
    headers: {},
    timeoutMs: 2_000,
    degradedMs: 1_000,
    intervalSeconds: 60,
    ...probe,
  },
  shard: '60-0',
  number: 0,
  version: 1,
  createdAt: 0,
});

export const aLive = (over: Partial<Live> = {}): Live => ({
  number: 0,
  state: 'online',
  fails: 0,
  passes: 1,
  slow: 0,
  changes: 0,
  inconclusive: 0,
  srttMs: 10,
  rttvarMs: 1,
  since: 1,
  failedSince: 0,
  seq: 1,
  reason: 'none',
  certDays: -32_768,
  flapping: false,
  hourProbes: 0,
  hourPasses: 0,
  ...over,
});

export const listening = async <S extends Server>(server: S, address = '127.0.0.1') => {
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    server,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

export const serve = (listener: RequestListener, address?: string) =>
  listening(createServer(listener), address);
