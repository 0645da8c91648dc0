/**
 * A mesh host on node:http: `createHost({ kinds, concurrency })`. It reports its health, runs each
 * job once however often the job is sent, and drains before it ends (docs/host-protocol.md).
 */

import { once } from 'node:events';
import type * as Http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type Capacity, type Health, HOST_PATHS } from '#shared/dispatch/protocol.ts';
import { boundedBytes } from '#shared/kernel/boundedBytes.ts';
import type { HostKind } from './hostKind.ts';
import { jsonAnswer, later, problemAnswer, runOrder } from './order.ts';
import { createRuns, type HostAnswer } from './runs.ts';

/** Settings of a host. */
export interface HostOptions {
  /** What the host can run: a function for each kind. */
  readonly kinds: Readonly<Record<string, HostKind>>;
  /** Runs at once; 4 by default. */
  readonly concurrency?: number;
  /** Secret that must have signed each job. Without a secret everyone may send jobs. */
  readonly secret?: string;
  /** Delay of each answer in ms, to simulate a slow host; 0 by default. */
  readonly latencyMs?: number;
  /** Results that the host remembers; 10,000 by default. */
  readonly resultsMax?: number;
}

/** Where a host listens, and when it drains. */
export interface ListenOptions {
  /** Port; 0, the default, takes a free one. */
  readonly port?: number;
  /** Address to listen on; 127.0.0.1 by default. */
  readonly address?: string;
  /** Signals on which the host drains; SIGTERM by default. */
  readonly drainOn?: readonly NodeJS.Signals[];
}

/** A host, which does not listen yet. */
export interface MeshHost {
  /**
   * Starts to listen.
   *
   * @returns the host's URL
   * @throws Error of Node when the port is taken
   */
  listen(options?: ListenOptions): Promise<string>;
  /**
   * Accepts no more jobs: answers 503 with Retry-After. Resolves when the last run has ended and
   * the server is closed.
   */
  drain(): Promise<void>;
  /** Closes the server at once; runs are cut off. */
  close(): Promise<void>;
}

// An ESM import of node:http reads all its exports, and one of them loads all of undici (50 ms).
const http = process.getBuiltinModule('node:http') as typeof Http;

const CONCURRENCY = 4;
const DRAIN_ON: readonly NodeJS.Signals[] = ['SIGTERM'];
const RESULTS_MAX = 10_000;
const CHARACTERS_MAX = 64_000_000;
/** The largest payload of the mesh, with what surrounds it, in bytes. */
const BODY_BYTES_MAX = 17_000_000;

/** undefined for a body that is too long. */
const readBody = async (request: IncomingMessage): Promise<string | undefined> =>
  (await boundedBytes(request, BODY_BYTES_MAX))?.toString('utf8');

const write = (response: ServerResponse, { status, body, headers }: HostAnswer): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
};

/** Makes a host. `listen` starts it. */
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
      return jsonAnswer(200, { status, active, capacity: concurrency } satisfies Health);
    return later(503, { status: 'draining', active, capacity: concurrency } satisfies Health);
  };
  const capacity = (): HostAnswer =>
    jsonAnswer(200, {
      active: runs.active(),
      capacity: concurrency,
      draining: isDraining(),
      kinds: Object.keys(kinds),
    } satisfies Capacity);

  const postedRun = async (request: IncomingMessage): Promise<HostAnswer> => {
    if (request.method !== 'POST') return problemAnswer(405, 'METHOD_INVALID', 'jobs are posted');
    const body = await readBody(request);
    if (body === undefined)
      return problemAnswer(413, 'BODY_TOO_LARGE', `more than ${BODY_BYTES_MAX} bytes`);
    return runOrder(request.headers, body, { kinds, concurrency, secret, runs, isDraining });
  };
  const respond = async (request: IncomingMessage): Promise<HostAnswer> => {
    if (latencyMs > 0) await wait(latencyMs);
    const { pathname } = new URL(request.url ?? '/', 'http://host');
    if (pathname === HOST_PATHS.health) return health();
    if (pathname === HOST_PATHS.capacity) return capacity();
    if (pathname === HOST_PATHS.run) return postedRun(request);
    return problemAnswer(404, 'NOT_FOUND', `nothing is at ${pathname}`);
  };

  const server = http.createServer((request, response) => {
    respond(request).then(
      (given) => {
        // An open connection would keep a draining host from its end.
        if (isDraining()) response.setHeader('connection', 'close');
        write(response, given);
      },
      // The caller disconnected, or did not speak HTTP.
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
