/** The hosts to probe, in a process of their own: by address they answer late, hang, or are not there. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Server } from 'node:net';
import { percentile } from '../stats.ts';

/** 5 to 50 ms, spread evenly over the addresses. */
export const delayOf = (address: string): number => {
  const [, , high = 0, low = 0] = address.split('.').map(Number);
  return 5 + (((high * 256 + low) * 7) % 46);
};

export interface Ports {
  readonly answering: number;
  readonly hanging: number;
  /** Nobody listens there. */
  readonly closed: number;
}

const took: number[] = [];

const answering = createServer((request, response) => {
  const { localAddress = '' } = request.socket;
  const began = performance.now();
  setTimeout(() => {
    response.end('{"status":"ok","active":0,"capacity":4}');
    took.push(performance.now() - began);
  }, delayOf(localAddress));
});

const hanging = createRawServer((socket) => {
  socket.on('error', () => undefined).resume();
});

/** Any message asks how long the answers took, as seen here; and begins anew. */
process.on('message', () => {
  process.send?.({ p50: percentile(took, 0.5), n: took.length });
  took.length = 0;
});

const portOf = async (server: Server, close = false): Promise<number> => {
  server.listen({ port: 0, host: '0.0.0.0', backlog: 4_096 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (close) server.close();
  return port;
};

if (import.meta.main) {
  process.once('disconnect', () => process.exit());
  const ports: Ports = {
    answering: await portOf(answering),
    hanging: await portOf(hanging),
    closed: await portOf(createRawServer(), true),
  };
  process.send?.(ports);
}
