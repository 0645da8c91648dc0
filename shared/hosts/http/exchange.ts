/**
 * One request on its own connection, with one deadline for everything. Connections are not kept:
 * after a freeze of the environment each would be dead, and its host would be blamed.
 */
import type * as Http from 'node:http';
import type { IncomingMessage } from 'node:http';
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

export interface Exchange {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly limitBytes: number;
  readonly lookup: LookupFunction;
  readonly agent: Https.Agent;
  /** For tests: an additional certificate authority. */
  readonly ca?: string | undefined;
}

/** Times since the start, in ms. */
export interface Marks {
  dns?: number;
  connect?: number;
  tls?: number;
  firstByte?: number;
}

export interface Exchanged {
  readonly ms: number;
  readonly marks: Marks;
  /** ms since the epoch; unknown for a resumed session. */
  readonly certificateEnds?: number;
  readonly end:
    | { readonly kind: 'answer'; readonly head: IncomingMessage; readonly body: Buffer }
    | { readonly kind: 'late' }
    | { readonly kind: 'error'; readonly error: unknown };
}

/** An agent that keeps no connections, but TLS sessions, which saves half of a handshake. */
export const createAgent = (sessions: number): Https.Agent =>
  new https.Agent({ keepAlive: false, maxCachedSessions: sessions });

/** An agent that keeps nothing would cost a fifth of a probe's CPU. */
const connectAlone = (options: Http.ClientRequestArgs): Socket =>
  connect(options as TcpSocketConnectOpts);

type End = Exchanged['end'];
type FamilyChoice = 'autoSelectFamily' | 'autoSelectFamilyAttemptTimeout';

const readBody = (head: IncomingMessage, limitBytes: number, finish: (end: End) => void): void => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const done = (): void => finish({ kind: 'answer', head, body: Buffer.concat(chunks) });
  head.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > limitBytes) done();
  });
  head.on('error', (error) => finish({ kind: 'error', error }));
  head.once('end', done);
};

/** Sends the request. Never rejects. Does not wait for the body beyond `limitBytes`. */
export const exchange = (url: URL, input: Exchange): Promise<Exchanged> => {
  const { promise, resolve } = Promise.withResolvers<Exchanged>();
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const marks: Marks = {};
  let certificateEnds: number | undefined;

  const onSocket = (socket: Secured): void => {
    const mark = (name: keyof Marks) => () => {
      marks[name] ??= since();
    };
    socket.once('lookup', mark('dns'));
    socket.once('connect', mark('connect'));
    socket.once('secureConnect', () => {
      mark('tls')();
      const ends = Date.parse(socket.getPeerCertificate?.().valid_to ?? '');
      if (!Number.isNaN(ends)) certificateEnds = ends;
    });
  };

  let request: Http.ClientRequest | undefined;
  const finish = (end: End): void => {
    clearTimeout(timer);
    request?.destroy();
    resolve({
      ms: since(),
      marks,
      ...(certificateEnds !== undefined && { certificateEnds }),
      end,
    });
  };
  // When this process is late, an answer that came in time is read first.
  const timer = setTimeout(() => setImmediate(() => finish({ kind: 'late' })), input.timeoutMs);
  try {
    const secure = url.protocol === 'https:';
    const options: Https.RequestOptions & Pick<TcpSocketConnectOpts, FamilyChoice> = {
      method: input.method,
      headers: input.headers,
      ...(secure ? { agent: input.agent } : { createConnection: connectAlone }),
      lookup: input.lookup,
      // Node tries each of several addresses for only 250 ms, which is too short for far hosts.
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: input.timeoutMs,
      ...(input.ca !== undefined && { ca: input.ca }),
    };
    request = (secure ? https : http).request(url, options);
    request.once('socket', onSocket);
    let answer: IncomingMessage | undefined;
    request.on('error', (error) => {
      // An error after a complete answer does not count: the answer has its own end.
      if (!answer?.complete) finish({ kind: 'error', error });
    });
    request.once('response', (head) => {
      marks.firstByte = since();
      answer = head;
      readBody(head, input.limitBytes, finish);
    });
    // No one asked for another protocol: the status is judged like any other.
    request.once('upgrade', (head) => {
      marks.firstByte = since();
      finish({ kind: 'answer', head, body: Buffer.alloc(0) });
    });
    request.end();
  } catch (error) {
    finish({ kind: 'error', error });
  }
  return promise;
};
