/**
 * The server of the dashboard. It answers only to browsers on this machine, and it only reads: no
 * request changes anything.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Asset } from './assets.ts';

/** The answer of a list; undefined means that there is no such thing. */
export type List = (query: URLSearchParams) => Promise<unknown>;

export interface DashboardSource {
  /** What a page gets when it connects. */
  snapshot(): unknown;
  /** What a connected page gets every two seconds. */
  tick(): unknown;
  readonly lists: Readonly<Record<string, List>>;
}

export interface DashboardServer {
  readonly url: string;
  stop(): Promise<void>;
}

const PORT_DEFAULT = 4_400;
const HOST = '127.0.0.1';
const TICK_MS = 2_000;

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/**
 * Refuses other host names: a foreign name that points at this machine would open the dashboard to
 * a foreign page (DNS rebinding).
 */
const isOurs = ({ headers }: IncomingMessage): boolean => {
  const name = (headers.host ?? '').replace(/:\d+$/, '');
  const site = headers['sec-fetch-site'];
  return (
    ['127.0.0.1', 'localhost', '[::1]'].includes(name) &&
    (site === undefined || site === 'same-origin' || site === 'none')
  );
};

const answer = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, { ...HEADERS, 'content-type': type });
  response.end(body);
};

const plain = (response: ServerResponse, status: number, text: string): void =>
  answer(response, status, 'text/plain; charset=utf-8', text);

/** Writes BigInt as text: a number in JSON would lose digits. */
const exactJson = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each));

const stream = (response: ServerResponse, source: DashboardSource): void => {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
  const send = (event: string, data: unknown): void => {
    // A page that does not read its stream gets nothing more until it does.
    if (response.writableNeedDrain) return;
    response.write(`event: ${event}\ndata: ${exactJson(data)}\n\n`);
  };
  send('snapshot', source.snapshot());
  const timer = setInterval(() => send('tick', source.tick()), TICK_MS);
  response.once('close', () => clearInterval(timer));
};

const listed = async (
  response: ServerResponse,
  list: List | undefined,
  query: URLSearchParams,
): Promise<void> => {
  const found = list && (await list(query));
  if (found === undefined) plain(response, 404, 'Not found');
  else answer(response, 200, 'application/json', exactJson(found));
};

type Assets = () => Promise<ReadonlyMap<string, Asset>>;

/**
 * Built on the first request: most clouds on this machine run without anyone at their dashboard.
 */
const lazyAssets = (): Assets => {
  let built: ReturnType<Assets> | undefined;
  return () => {
    built ??= import('./assets.ts').then(({ buildAssets }) => buildAssets());
    built.catch(() => {
      built = undefined;
    });
    return built;
  };
};

const route = async (
  request: IncomingMessage,
  response: ServerResponse,
  assets: Assets,
  source: DashboardSource,
): Promise<void> => {
  if (!isOurs(request)) return plain(response, 403, 'Only for a browser on this machine');
  if (request.method !== 'GET') return plain(response, 405, 'This page only reads');
  const { pathname, searchParams } = new URL(request.url ?? '/', `http://${HOST}`);
  if (pathname === '/api/live') return stream(response, source);
  const asset = pathname.startsWith('/api/') ? undefined : (await assets()).get(pathname);
  if (asset) return answer(response, 200, asset.type, asset.body);
  const name = pathname.replace('/api/', '');
  const list = Object.hasOwn(source.lists, name) ? source.lists[name] : undefined;
  return listed(response, list, searchParams);
};

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });

/**
 * Serves the dashboard on loopback.
 *
 * @param port the wanted port; when another program has it, any free port is taken
 */
export const startDashboard = async (
  source: DashboardSource,
  port = PORT_DEFAULT,
): Promise<DashboardServer> => {
  const assets = lazyAssets();
  const server = createServer((request, response) => {
    route(request, response, assets, source).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      if (response.headersSent) response.destroy();
      else plain(response, 500, text);
    });
  });
  await listen(server, port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return listen(server, 0);
  });
  const address = server.address();
  const taken = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${HOST}:${taken}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
