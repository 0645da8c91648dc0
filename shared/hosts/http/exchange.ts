/**
 * One request on a connection of its own, with one deadline for all of it. Connections are not kept:
 * after a freeze of the environment each of them would be dead, and its host blamed.
 */
import type * as Http from 'node:http';
import type { IncomingMessage } from 'node:http';
import type * as Https from 'node:https';
import { connect, type LookupFunction, type Socket, type TcpSocketConnectOpts } from 'node:net';
import type { PeerCertificate } from 'node:tls';

// Importing node:http as ESM reads every export of it, one of which loads all of undici (50 ms).
const http = process.getBuiltinModule('node:http') as typeof Http;
const https = process.getBuiltinModule('node:https') as typeof Https;

/** Of a TLS socket; a plain one has none. */
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
  /** For tests: who else may sign certificates. */
  readonly ca?: string | undefined;
}

/** Moments since the start, in ms. */
export interface Marks {
  dns?: number;
  connect?: number;
  tls?: number;
  firstByte?: number;
}

export interface Exchanged {
  readonly ms: number;
  readonly marks: Marks;
  /** ms since the epoch; not known where a session was resumed. */
  readonly certificateEnds?: number;
  readonly end:
    | { readonly kind: 'answer'; readonly head: IncomingMessage; readonly body: Buffer }
    | { readonly kind: 'late' }
    | { readonly kind: 'error'; readonly error: unknown };
}

/** No connection is kept; the sessions of TLS are, which saves half of a handshake. */
export const createAgent = (sessions: number): Https.Agent =>
  new https.Agent({ keepAlive: false, maxCachedSessions: sessions });

/** An agent without kept connections would cost a fifth of a probe's CPU. */
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

/** Never rejects. What is beyond `limitBytes` of the body is not waited for. */
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
  // When it is us who are late, an answer that came in time is read first.
  const timer = setTimeout(() => setImmediate(() => finish({ kind: 'late' })), input.timeoutMs);
  try {
    const secure = url.protocol === 'https:';
    const options: Https.RequestOptions & Pick<TcpSocketConnectOpts, FamilyChoice> = {
      method: input.method,
      headers: input.headers,
      ...(secure ? { agent: input.agent } : { createConnection: connectAlone }),
      lookup: input.lookup,
      // Node gives an address of several 250 ms only, which far ones do not meet.
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: input.timeoutMs,
      ...(input.ca !== undefined && { ca: input.ca }),
    };
    request = (secure ? https : http).request(url, options);
    request.once('socket', onSocket);
    let answer: IncomingMessage | undefined;
    request.on('error', (error) => {
      // What comes behind a whole answer is none of it: its end is told by the answer.
      if (!answer?.complete) finish({ kind: 'error', error });
    });
    request.once('response', (head) => {
      marks.firstByte = since();
      answer = head;
      readBody(head, input.limitBytes, finish);
    });
    // Nobody asked for another protocol; its status is judged like any other.
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
