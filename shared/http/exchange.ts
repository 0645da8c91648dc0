/**
 * One HTTP request on a connection of its own. Connections are not kept: after a freeze of the
 * environment each would be dead, and the other side would be blamed.
 */
import type * as Http from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type * as Https from 'node:https';
import { connect, type LookupFunction, type Socket, type TcpSocketConnectOpts } from 'node:net';
import type { PeerCertificate } from 'node:tls';

// An ESM import of node:http reads all its exports, and one of them loads all of undici (50 ms).
const http = process.getBuiltinModule('node:http') as typeof Http;
const https = process.getBuiltinModule('node:https') as typeof Https;

/** Only a TLS socket has a certificate. */
interface Secured extends Socket {
  getPeerCertificate?(): PeerCertificate;
}

/** A request and its bounds. Times are in ms; an absent time is no bound. */
export interface Exchange {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly lookup: LookupFunction;
  /** How much of the answer's body is read, in bytes. */
  readonly limitBytes: number;
  /** How long everything may take. */
  readonly timeoutMs?: number;
  /** How long the connection may take. */
  readonly connectMs?: number | undefined;
  /** How long the body may take before it is cut off; a body that breaks is then cut off, too. */
  readonly bodyMs?: number | undefined;
  /** How long each of several addresses is tried. Default: that of Node, 250 ms. */
  readonly addressMs?: number;
  readonly signal?: AbortSignal;
  /** Keeps TLS sessions. Default: nothing is kept. */
  readonly agent?: Https.Agent;
  /** For tests: an additional certificate authority. */
  readonly ca?: string | undefined;
}

/** Times since the start, in ms. A phase that was not reached has none. */
export interface Marks {
  dns?: number;
  connect?: number;
  tls?: number;
  firstByte?: number;
}

/** The answer of the other side. */
export interface Answered {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** At most `limitBytes`. */
  readonly body: Buffer;
  /** Whether the body was longer, or was cut off. */
  readonly truncated: boolean;
  /** Whether the other side changed to another protocol, which nobody asked for. */
  readonly upgraded: boolean;
}

/** What came of a request. */
export interface Exchanged {
  readonly ms: number;
  readonly marks: Marks;
  /** Whether the other side may have read the request. */
  readonly connected: boolean;
  /** ms since the epoch; unknown for a resumed session. */
  readonly certificateEnds?: number;
  readonly end:
    | Answered
    /** `timeoutMs` is over. */
    | { readonly kind: 'late' }
    | { readonly kind: 'error'; readonly error: unknown };
}

type End = Exchanged['end'];
type FamilyChoice = 'autoSelectFamily' | 'autoSelectFamilyAttemptTimeout';

/** An agent that keeps no connections, but TLS sessions, which saves half of a handshake. */
export const createAgent = (sessions: number): Https.Agent =>
  new https.Agent({ keepAlive: false, maxCachedSessions: sessions });

/** An agent that keeps nothing would cost a fifth of a request's CPU. */
const connectAlone = (options: Http.ClientRequestArgs): Socket =>
  connect(options as TcpSocketConnectOpts);

const answerOf = (head: IncomingMessage, more: Partial<Answered> = {}): Answered => ({
  kind: 'answer',
  status: head.statusCode ?? 0,
  headers: head.headers,
  body: Buffer.alloc(0),
  truncated: false,
  upgraded: false,
  ...more,
});

/** Reads the body, and finishes with the answer. Returns what stops the bound in time. */
const readBody = (
  head: IncomingMessage,
  { limitBytes, bodyMs }: Exchange,
  finish: (end: End) => void,
): (() => void) => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const done = (truncated: boolean): void =>
    finish(answerOf(head, { truncated, body: Buffer.concat(chunks).subarray(0, limitBytes) }));
  head.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > limitBytes) done(true);
  });
  head.on('error', (error) =>
    bodyMs === undefined ? finish({ kind: 'error', error }) : done(true),
  );
  head.once('end', () => done(false));
  const timer = bodyMs === undefined ? undefined : setTimeout(() => done(true), bodyMs);
  return () => clearTimeout(timer);
};

const optionsOf = (secure: boolean, input: Exchange) => {
  const { method, headers, lookup, signal, agent = false, addressMs, ca } = input;
  const options: Https.RequestOptions & Pick<TcpSocketConnectOpts, FamilyChoice> = {
    method,
    headers: { ...headers },
    lookup,
    ...(secure ? { agent } : { createConnection: connectAlone }),
    ...(signal && { signal }),
    ...(ca !== undefined && { ca }),
    ...(addressMs !== undefined && {
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: addressMs,
    }),
  };
  return options;
};

const noConnection = (ms: number): Error =>
  Object.assign(new Error(`no connection within ${ms} ms`), { code: 'ETIMEDOUT' });

/** Times of a socket's phases, and the end of its certificate. */
const watchSocket = (request: ClientRequest, secure: boolean, since: () => number) => {
  const marks: Marks = {};
  let certificateEnds: number | undefined;
  const mark = (name: keyof Marks) => () => {
    marks[name] ??= since();
  };
  request.once('socket', (socket: Secured) => {
    socket.once('lookup', mark('dns'));
    socket.once('connect', mark('connect'));
    socket.once('secureConnect', () => {
      mark('tls')();
      const ends = Date.parse(socket.getPeerCertificate?.().valid_to ?? '');
      if (!Number.isNaN(ends)) certificateEnds = ends;
    });
  });
  // With TLS, the other side reads nothing before the end of the handshake.
  const isConnected = (): boolean => (secure ? marks.tls : marks.connect) !== undefined;
  const seen = () => ({
    marks,
    connected: isConnected(),
    ...(certificateEnds !== undefined && { certificateEnds }),
  });
  return { mark, isConnected, seen };
};

/**
 * Sends the request, and follows no redirects. Never rejects. Does not wait for the body beyond
 * `limitBytes`.
 */
export const exchange = (url: URL, input: Exchange): Promise<Exchanged> => {
  const { promise, resolve } = Promise.withResolvers<Exchanged>();
  const { timeoutMs, connectMs } = input;
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const secure = url.protocol === 'https:';
  const stops: (() => void)[] = [];
  const after = (ms: number | undefined, act: () => void): void => {
    if (ms === undefined) return;
    const timer = setTimeout(act, ms);
    stops.push(() => clearTimeout(timer));
  };
  let request: ClientRequest | undefined;
  let watched: ReturnType<typeof watchSocket> | undefined;
  const finish = (end: End): void => {
    for (const stop of stops) stop();
    request?.destroy();
    resolve({ ms: since(), marks: {}, connected: false, ...watched?.seen(), end });
  };
  try {
    request = (secure ? https : http).request(url, optionsOf(secure, input));
    watched = watchSocket(request, secure, since);
    const { mark, isConnected } = watched;
    // When this process is late, an answer that came in time is read first.
    after(timeoutMs, () => setImmediate(() => finish({ kind: 'late' })));
    after(connectMs, () => {
      if (!isConnected()) finish({ kind: 'error', error: noConnection(connectMs ?? 0) });
    });
    let answer: IncomingMessage | undefined;
    request.on('error', (error) => {
      // An error after a complete answer does not count: the answer has its own end.
      if (!answer?.complete) finish({ kind: 'error', error });
    });
    request.once('response', (head) => {
      mark('firstByte')();
      answer = head;
      stops.push(readBody(head, input, finish));
    });
    request.once('upgrade', (head) => {
      mark('firstByte')();
      finish(answerOf(head, { upgraded: true }));
    });
    request.end(input.body);
  } catch (error) {
    finish({ kind: 'error', error });
  }
  return promise;
};
