/** Hosts to probe, and servers that play them. */
import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Live } from '#shared/hosts/probing/hostState.ts';
import { unknownHost } from '#shared/hosts/probing/verdict.ts';
import type { Host, ProbeSettings } from '#shared/hosts/registry/host.ts';
import { hostWith } from './probes.ts';

export const aHost = (id: string, endpoint: string, probe: Partial<ProbeSettings> = {}): Host =>
  hostWith({ id, endpoint, probe: { ...hostWith().probe, ...probe } });

export const aLive = (over: Partial<Live> = {}): Live => ({
  ...unknownHost(hostWith()),
  state: 'online',
  passes: 1,
  srttMs: 10,
  rttvarMs: 1,
  since: 1,
  seq: 1,
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
