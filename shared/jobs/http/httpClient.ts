/** Outbound HTTP: only to allowed addresses, one connection for each request, bounded answers. */

import type * as Http from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type * as Https from 'node:https';
import { createOutbound, type Resolve } from '#shared/kernel/addresses.ts';
import { OutboundError } from '#shared/kernel/outboundUrl.ts';
import { PermanentError, RetryableError } from '../kinds/errors.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../ports/jobs.ts';

/** What the client may reach. */
export interface HttpClientOptions {
  /** CIDRs that may be reached although they are private. */
  readonly allow: readonly string[];
  /** Resolves names; the system's resolver when absent. */
  readonly resolve?: Resolve;
}

// An ESM import of node:http reads all its exports, and one of them loads all of undici (50 ms).
const http = process.getBuiltinModule('node:http') as typeof Http;
const https = process.getBuiltinModule('node:https') as typeof Https;

const CODES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'DNS_FAILED',
  EAI_AGAIN: 'DNS_FAILED',
};

/**
 * The error that a handler sees.
 * @param connected whether there was a connection; then the other side may have read the request
 */
const translated = (error: unknown, signal: AbortSignal, connected: boolean): Error => {
  if (signal.aborted && signal.reason instanceof Error) return signal.reason;
  if (error instanceof PermanentError || error instanceof RetryableError) return error;
  if (error instanceof OutboundError)
    return new PermanentError(error.message, { code: error.code, cause: error });
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = connected ? 'ANSWER_BROKEN' : (CODES[code] ?? 'CONNECT_FAILED');
  const message = error instanceof Error ? error.message : String(error);
  return new RetryableError(message, { code: known, cause: error });
};

/** Reads the body up to the bound in bytes and, where given, the bound in time. */
const readBody = async (answer: IncomingMessage, { limitBytes, bodyMs }: HttpRequest) => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isCut = false;
  const timer = bodyMs === undefined ? undefined : setTimeout(() => answer.destroy(), bodyMs);
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limitBytes) break;
    }
  } catch (error) {
    if (bodyMs === undefined) throw error;
    isCut = true;
  } finally {
    clearTimeout(timer);
  }
  const body = Buffer.concat(chunks).subarray(0, limitBytes).toString('utf8');
  return { body, truncated: isCut || bytes > limitBytes };
};

const headersOf = (answer: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );

const answered = (request: ClientRequest, body: string | undefined): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
    // When a server switches the protocol, Node emits only this event; without it, no promise ends.
    request.once('upgrade', ({ statusCode }) => {
      reject(new Error(`answered ${statusCode}: another protocol, which nobody asked for`));
    });
    request.end(body);
  });

/** Ends a request that has no connection after `connectMs`, and tells whether there was one. */
const watchConnection = (request: ClientRequest, connectMs: number | undefined) => {
  let connected = false;
  const late = (): void => {
    const message = `no connection within ${connectMs} ms`;
    request.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' }));
  };
  const timer = connectMs === undefined ? undefined : setTimeout(late, connectMs);
  request.once('socket', (socket) => {
    // With TLS, the other side reads nothing before the end of the handshake.
    socket.once(request.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      connected = true;
      clearTimeout(timer);
    });
  });
  return {
    isConnected: () => connected,
    stop: () => clearTimeout(timer),
  };
};

/**
 * A client that follows no redirects. A forbidden URL or address is a PermanentError; a request
 * that may work later is a RetryableError with the code DNS_FAILED, CONNECT_FAILED or
 * ANSWER_BROKEN. After an abort, the error is the signal's reason.
 */
export const createHttpClient = ({ allow, resolve }: HttpClientOptions): HttpClient => {
  const outbound = createOutbound({ allow, resolve });

  const exchange = async (input: HttpRequest): Promise<HttpAnswer> => {
    const url = outbound.check(input.url);
    const options: RequestOptions = {
      method: input.method,
      headers: { ...input.headers },
      signal: input.signal,
      lookup: outbound.lookup,
      agent: false,
    };
    const module = url.protocol === 'https:' ? https : http;
    const request = module.request(url, options);
    const connection = watchConnection(request, input.connectMs);
    try {
      const answer = await answered(request, input.body);
      const { body, truncated } = await readBody(answer, input);
      return { status: answer.statusCode ?? 0, headers: headersOf(answer), body, truncated };
    } catch (error) {
      throw translated(error, input.signal, connection.isConnected());
    } finally {
      connection.stop();
      request.destroy();
    }
  };
  return {
    request: async (input) => {
      try {
        return await exchange(input);
      } catch (error) {
        throw translated(error, input.signal, true);
      }
    },
  };
};
