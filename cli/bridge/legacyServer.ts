/** Serves the original's HTTP interface on this machine, or to others who have the token. */
import { existsSync } from 'node:fs';
import { readFile, truncate } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { boundedBytes } from '#shared/kernel/boundedBytes.ts';
import { sameSecret } from '#shared/kernel/sameSecret.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import {
  answerLegacy,
  type LegacyAnswer,
  type LegacyHttpDeps,
  sendUnsent,
} from '#shared/legacy/http/answer.ts';
import { createShelf, type ShelfLine, shelfLines } from '#shared/legacy/http/shelf.ts';
import { CliError, EXIT } from '../errors.ts';
import { appendTo } from '../input/legacyFiles.ts';
import { note, plain } from '../print.ts';

/** Where the interface is served. */
export interface LegacyServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** What clients must show as `Authorization: Bearer …`; needed beyond loopback. */
  readonly token: string | undefined;
  /** The file that keeps what was posted. */
  readonly file: string;
}

/** A running interface. */
export interface LegacyServer {
  readonly url: string;
  stop(): Promise<void>;
}

const BODY_BYTES_MAX = 1_048_576;
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/**
 * Without a token a page of another site may reach a loopback port by a name of its own: so the name
 * must be an address or `localhost`, and no request may come from another origin.
 */
const isAllowed = ({ headers }: IncomingMessage, token: string | undefined): boolean => {
  if (token !== undefined) return sameSecret(headers.authorization ?? '', `Bearer ${token}`);
  const name = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return headers.origin === undefined && (name === 'localhost' || isIP(name) !== 0);
};

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const reply = (response: ServerResponse, { status, body }: LegacyAnswer): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

const detail = (status: number, text: string): LegacyAnswer => ({ status, body: { detail: text } });

const answerTo = async (
  request: IncomingMessage,
  token: string | undefined,
  deps: LegacyHttpDeps,
): Promise<LegacyAnswer> => {
  if (!isAllowed(request, token))
    return detail(403, 'show the token, or come from this machine by its address');
  const bytes = await boundedBytes(request, BODY_BYTES_MAX);
  if (bytes === undefined) return detail(413, `the body has more than ${BODY_BYTES_MAX} bytes`);
  const { method = '', url = '' } = request;
  const { pathname: path } = new URL(url, 'http://legacy');
  return answerLegacy({ method, path, body: jsonIn(bytes.toString()) }, deps);
};

const checkPlace = ({ host, token }: LegacyServerOptions): void => {
  if (token !== undefined || LOOPBACK.includes(host)) return;
  throw new CliError(
    `--http ${host}: others can reach this address, so set SHERATAN_HTTP_TOKEN to a secret.`,
    EXIT.usage,
  );
};

/** The lines of the file. A last line that was cut off is removed: the next line must not follow it. */
const linesIn = async (file: string): Promise<readonly ShelfLine[]> => {
  if (!existsSync(file)) return [];
  const bytes = await readFile(file);
  const whole = bytes.subarray(0, bytes.lastIndexOf('\n') + 1);
  if (whole.length < bytes.length) await truncate(file, whole.length);
  return shelfLines(whole.toString());
};

/** One piece of work after the other. */
const createTurns = () => {
  let turn: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
};

/**
 * Starts the interface, and first sends what a process before this one could not send any more.
 *
 * @throws CliError for an address that others can reach, without a token
 */
export const serveLegacy = async (
  options: LegacyServerOptions,
  parts: Omit<LegacyHttpDeps, 'shelf' | 'keep'>,
): Promise<LegacyServer> => {
  checkPlace(options);
  const { file, token, host, port } = options;
  const shelf = createShelf(await linesIn(file));
  const keep = async (line: ShelfLine): Promise<void> => {
    await appendTo(file, `${JSON.stringify(line)}\n`);
    shelf.put(line);
  };
  const deps: LegacyHttpDeps = { ...parts, shelf, keep };
  await sendUnsent(deps);
  // Two posts with one idempotency key must not both find the key free.
  const inTurn = createTurns();
  const server = createServer((request, response) => {
    const work = (): Promise<LegacyAnswer> => answerTo(request, token, deps);
    (request.method === 'POST' ? inTurn(work) : work()).then(
      (done) => reply(response, done),
      (error: unknown) => {
        note(`${plain(request.url ?? '')}: ${plain(thrownText(error))}`);
        reply(response, detail(503, `the mesh does not answer: ${thrownText(error)}`));
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
