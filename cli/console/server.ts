/** The server of the console: on loopback alone, with a token for all that is not the empty page. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { boundedBytes } from '#shared/kernel/boundedBytes.ts';
import type { PageFile } from './assets.ts';
import { type AnswerFault, faultOf } from './faults.ts';
import { foreign, freshToken, unnamed } from './guard.ts';
import type { ConsoleRefusal } from './wire.ts';

/** Answers a question; undefined: there is no such thing. */
export type Answering = (query: URLSearchParams) => Promise<unknown>;

/** What the server asks. */
export interface ConsoleRooms {
  /** By the name after `/api/`. */
  readonly asked: Readonly<Record<string, Answering>>;
  /** Carries out one action; undefined: the console only reads. */
  readonly act?: ((wish: unknown) => Promise<unknown>) | undefined;
}

export interface ConsoleServer {
  /** The address without the token. */
  readonly origin: string;
  /** The address to open: the token is in its fragment, which no browser sends. */
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** The port that is tried first. */
export const CONSOLE_PORT = 4_400;
const HOST = '127.0.0.1';
const BODY_BYTES_MAX = 1_000_000;

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Writes BigInt as text: a number in JSON would lose digits. */
const exactJson = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each));

const answer = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, { ...HEADERS, 'content-type': type });
  response.end(body);
};

const data = (response: ServerResponse, status: number, value: unknown): void =>
  answer(response, status, 'application/json; charset=utf-8', exactJson(value));

const refuse = (response: ServerResponse, status: number, refusal: ConsoleRefusal): void =>
  data(response, status, refusal);

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  const bytes = await boundedBytes(request, BODY_BYTES_MAX);
  if (bytes === undefined) throw new RangeError('the request is too large');
  return JSON.parse(bytes.toString('utf8')) as unknown;
};

const READ_ONLY: ConsoleRefusal = {
  code: 'READ_ONLY',
  message: 'This console was started with --read-only: it changes nothing.',
};

const acted = async (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  { act }: ConsoleRooms,
): Promise<void> => {
  if (!act) return refuse(response, 403, READ_ONLY);
  if (request.method !== 'POST' || path !== '/api/act')
    return refuse(response, 405, { code: 'METHOD', message: 'Actions are posted to /api/act.' });
  if (request.headers['content-type'] !== 'application/json')
    return refuse(response, 415, { code: 'TYPE', message: 'An action is JSON.' });
  let wish: unknown;
  try {
    wish = await bodyOf(request);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return refuse(response, 400, { code: 'BAD_REQUEST', message });
  }
  data(response, 200, await act(wish));
};

const told = async (response: ServerResponse, url: URL, { asked }: ConsoleRooms): Promise<void> => {
  const name = url.pathname.slice('/api/'.length);
  const found = Object.hasOwn(asked, name) ? await asked[name]?.(url.searchParams) : undefined;
  if (found === undefined) refuse(response, 404, { code: 'NOT_FOUND', message: 'Not found.' });
  else data(response, 200, found);
};

type Files = () => Promise<ReadonlyMap<string, PageFile>>;

/** Built on the first request: most clouds on this machine run without anyone at their page. */
const lazyFiles = (): Files => {
  let built: ReturnType<Files> | undefined;
  return () => {
    built ??= import('./assets.ts').then(({ pageFiles }) => pageFiles());
    built.catch(() => {
      built = undefined;
    });
    return built;
  };
};

const route = async (
  request: IncomingMessage,
  response: ServerResponse,
  files: Files,
  rooms: ConsoleRooms,
  token: string,
): Promise<void> => {
  const stranger = foreign(request);
  if (stranger) return refuse(response, 403, stranger);
  const url = new URL(request.url ?? '/', `http://${HOST}`);
  const isData = url.pathname.startsWith('/api/');
  const nameless = isData ? unnamed(request, token) : undefined;
  if (nameless) return refuse(response, 401, nameless);
  if (request.method !== 'GET') return acted(request, response, url.pathname, rooms);
  if (isData) return told(response, url, rooms);
  const file = (await files()).get(url.pathname);
  if (file) return answer(response, 200, file.type, file.body);
  return refuse(response, 404, { code: 'NOT_FOUND', message: 'Not found.' });
};

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });

const fail = (response: ServerResponse, error: unknown): void => {
  const { status, refusal }: AnswerFault = faultOf(error);
  if (response.headersSent) response.destroy();
  else refuse(response, status, refusal);
};

/**
 * Serves the console on loopback.
 *
 * @param port the wanted port; when another program has it, any free port is taken
 */
export const serveConsole = async (
  rooms: ConsoleRooms,
  port = CONSOLE_PORT,
): Promise<ConsoleServer> => {
  const token = freshToken();
  const files = lazyFiles();
  const server = createServer((request, response) => {
    route(request, response, files, rooms, token).catch((error: unknown) => fail(response, error));
  });
  await listen(server, port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return listen(server, 0);
  });
  const address = server.address();
  const taken = typeof address === 'object' && address ? address.port : port;
  const origin = `http://${HOST}:${taken}`;
  return {
    origin,
    url: `${origin}/#token=${token}`,
    token,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
