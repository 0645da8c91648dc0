/** Outbound HTTP of jobs: only to allowed addresses, with the errors that a handler sees. */

import { type Answered, type Exchanged, exchange } from '#shared/http/exchange.ts';
import { createOutbound, type Resolve } from '#shared/kernel/addresses.ts';
import { OutboundError } from '#shared/kernel/outboundUrl.ts';
import { PermanentError, RetryableError } from '../kinds/errors.ts';
import type { HttpAnswer, HttpClient } from '../ports/jobs.ts';

/** What the client may reach. */
export interface HttpClientOptions {
  /** CIDRs that may be reached although they are private. */
  readonly allow: readonly string[];
  /** Resolves names; the system's resolver when absent. */
  readonly resolve?: Resolve;
}

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
  if (error instanceof OutboundError)
    return new PermanentError(error.message, { code: error.code, cause: error });
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = connected ? 'ANSWER_BROKEN' : (CODES[code] ?? 'CONNECT_FAILED');
  const message = error instanceof Error ? error.message : String(error);
  return new RetryableError(message, { code: known, cause: error });
};

const answerOf = ({ status, headers, body, truncated }: Answered): HttpAnswer => ({
  status,
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  ),
  body: body.toString('utf8'),
  truncated,
});

const faultOf = ({ end }: Exchanged): unknown => {
  if (end.kind === 'error') return end.error;
  const status = end.kind === 'answer' ? end.status : 0;
  return new Error(`answered ${status}: another protocol, which nobody asked for`);
};

/**
 * A client that follows no redirects. A forbidden URL or address is a PermanentError; a request
 * that may work later is a RetryableError with the code DNS_FAILED, CONNECT_FAILED or
 * ANSWER_BROKEN. After an abort, the error is the signal's reason.
 */
export const createHttpClient = ({ allow, resolve }: HttpClientOptions): HttpClient => {
  const outbound = createOutbound({ allow, resolve });
  const checked = (url: string, signal: AbortSignal): URL => {
    try {
      return outbound.check(url);
    } catch (error) {
      throw translated(error, signal, true);
    }
  };
  return {
    request: async ({ url, ...input }) => {
      const target = checked(url, input.signal);
      const seen = await exchange(target, { ...input, lookup: outbound.lookup });
      const { end } = seen;
      if (end.kind === 'answer' && !end.upgraded) return answerOf(end);
      throw translated(faultOf(seen), input.signal, seen.connected);
    },
  };
};
