/**
 * A mesh host in a few lines: `createHost({ kinds, concurrency })` on node:http. It tells how it is,
 * runs each job once however often it is asked, and drains before it leaves (docs/host-protocol.md).
 */

import { once } from 'node:events';
import type * as Http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type Capacity, type Health, HOST_PATHS } from '#shared/dispatch/protocol.ts';
import type { HostKind } from './hostKind.ts';
import { answer, later, problem, runOrder } from './order.ts';
import { createRuns, type HostAnswer } from './runs.ts';

export interface HostOptions {
  readonly kinds: Readonly<Record<string, HostKind>>;
  /** Runs at once; 4 by default. */
  readonly concurrency?: number;
  /** Jobs must be signed by it; without one everybody may send jobs. */
  readonly secret?: string;
  /** Each answer waits so long, in ms; to play a slow host. */
  readonly latencyMs?: number;
  /** Results that are remembered; 10,000 by default. */
  readonly resultsMax?: number;
}

export interface ListenOptions {
  /** 0, the default, takes one that is free. */
  readonly port?: number;
  /** 127.0.0.1 by default. */
  readonly address?: string;
  /** Signals that make it drain; SIGTERM by default. */
  readonly drainOn?: readonly NodeJS.Signals[];
}

export interface MeshHost {
  /** @returns its endpoint */
  listen(options?: ListenOptions): Promise<string>;
  /** Takes nothing more, answers 503 with Retry-After, ends when the last run has. */
  drain(): Promise<void>;
  /** Ends at once, runs or not. */
  close(): Promise<void>;
}

// Importing node:http as ESM reads every export of it, one of which loads all of undici (50 ms).
const http = process.getBuiltinModule('node:http') as typeof Http;

const CONCURRENCY = 4;
const DRAIN_ON: readonly NodeJS.Signals[] = ['SIGTERM'];
const RESULTS_MAX = 10_000;
const CHARACTERS_MAX = 64_000_000;
/** The mesh's largest payload, and what surrounds it. */
const BODY_BYTES_MAX = 17_000_000;

/** undefined when it is too long. */
const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const write = (response: ServerResponse, { status, body, headers }: HostAnswer): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
};

export const createHost = (options: HostOptions): MeshHost => {
  const { kinds, secret, latencyMs = 0, concurrency = CONCURRENCY } = options;
  const resultsMax = options.resultsMax ?? RESULTS_MAX;
  const runs = createRuns({ resultsMax, charactersMax: CHARACTERS_MAX });
  let drained: Promise<void> | undefined;
  const isDraining = (): boolean => drained !== undefined;

  const health = (): HostAnswer => {
    const active = runs.active();
    const status = active >= concurrency ? 'busy' : 'ok';
    if (!isDraining())
      return answer(200, { status, active, capacity: concurrency } satisfies Health);
    return later(503, { status: 'draining', active, capacity: concurrency } satisfies Health);
  };
  const capacity = (): HostAnswer =>
    answer(200, {
      active: runs.active(),
      capacity: concurrency,
      draining: isDraining(),
      kinds: Object.keys(kinds),
    } satisfies Capacity);

  const postedRun = async (request: IncomingMessage): Promise<HostAnswer> => {
    if (request.method !== 'POST') return problem(405, 'METHOD_INVALID', 'jobs are posted');
    const body = await readBody(request);
    if (body === undefined)
      return problem(413, 'BODY_TOO_LARGE', `more than ${BODY_BYTES_MAX} bytes`);
    return runOrder(request.headers, body, { kinds, concurrency, secret, runs, isDraining });
  };
  const respond = async (request: IncomingMessage): Promise<HostAnswer> => {
    if (latencyMs > 0) await wait(latencyMs);
    const { pathname } = new URL(request.url ?? '/', 'http://host');
    if (pathname === HOST_PATHS.health) return health();
    if (pathname === HOST_PATHS.capacity) return capacity();
    if (pathname === HOST_PATHS.run) return postedRun(request);
    return problem(404, 'NOT_FOUND', `nothing is at ${pathname}`);
  };

  const server = http.createServer((request, response) => {
    respond(request).then(
      (given) => {
        // Connections that are kept would keep a host that leaves.
        if (isDraining()) response.setHeader('connection', 'close');
        write(response, given);
      },
      // The caller went away, or spoke no HTTP.
      () => response.destroy(),
    );
  });

  const stopped = new AbortController();
  const stop = async (): Promise<void> => {
    stopped.abort();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  const drain = (): Promise<void> => {
    drained ??= runs.idle().then(stop);
    return drained;
  };
  const listenTo = (signal: NodeJS.Signals): void => {
    const onSignal = (): void => void drain();
    process.once(signal, onSignal);
    stopped.signal.addEventListener('abort', () => process.off(signal, onSignal));
  };

  return {
    drain,
    close: () => {
      server.closeAllConnections();
      return stop();
    },
    listen: async ({ port = 0, address = '127.0.0.1', drainOn = DRAIN_ON } = {}) => {
      server.listen(port, address);
      await once(server, 'listening');
      for (const signal of drainOn) listenTo(signal);
      const bound = server.address() as AddressInfo;
      const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
      return `http://${host}:${bound.port}`;
    },
  };
};
