/** What is answered to a request for a signal URL. */
import { byteLength, type Json, readJson, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Logger } from '#shared/kernel/ports.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import { signalJob } from '../operator/signal.ts';
import type { SignalStore } from '../ports/signals.ts';
import type { UrlAnswer } from '../ports/urlAnswer.ts';
import { readLink, type SignalLink } from './link.ts';
import { buttonPage, PAGE_HEADERS, wordPage } from './page.ts';

/** A request, as Lambda's function URL tells it. */
export interface LinkRequest {
  readonly method: string;
  /** The path, which is the token. */
  readonly path: string;
  /** Headers by their names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** The address that asked. */
  readonly from: string;
}

/** What the answers need. */
export interface LinkDeps {
  readonly signals: SignalStore;
  /** The secrets that count, the newest first. */
  readonly secrets: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Said {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly text: string;
}

const say = (status: number, code: string, title: string, text: string): Said => ({
  status,
  code,
  title,
  text,
});

/** Says nothing of what would have been a good link. */
const UNKNOWN = say(404, 'NOT_FOUND', 'Not found', 'There is nothing at this address.');
const EXPIRED = say(410, 'URL_EXPIRED', 'Too late', 'This link has expired.');
const TAKEN = say(409, 'SIGNAL_TAKEN', 'Answered', 'Another answer was given before.');
const DONE = say(200, 'SENT', 'Thank you', 'Your answer was sent.');
const NOT_ALLOWED = say(405, 'METHOD', 'Not possible', 'Use POST to send the signal.');
const LATER = say(503, 'TRY_AGAIN', 'Not now', 'Your answer was not sent. Try again in a minute.');

const NO_STORE = { 'cache-control': 'no-store', 'x-robots-tag': 'noindex' };

const rendered = ({ status, code, title, text }: Said, isPage: boolean): UrlAnswer => {
  const more = {
    ...NO_STORE,
    ...(status === 503 && { 'retry-after': '60' }),
    ...(status === 405 && { allow: 'GET, HEAD, POST' }),
  };
  if (isPage) return { status, headers: { ...PAGE_HEADERS, ...more }, body: wordPage(title, text) };
  const headers = { 'content-type': 'application/json', ...more };
  return { status, headers, body: JSON.stringify({ code, message: text }) };
};

/** What whoever uses the link says: JSON, the fields of a form, or nothing. */
const dataIn = ({ headers, body }: LinkRequest): Result<Json, Said> => {
  if (body === '') return ok(null);
  if (byteLength(body) > LIMITS.signalBytesMax)
    return err(
      say(413, 'SIGNAL_TOO_LARGE', 'Too large', `At most ${LIMITS.signalBytesMax} bytes.`),
    );
  if (/^application\/x-www-form-urlencoded/i.test(headers['content-type'] ?? ''))
    return ok(Object.fromEntries(new URLSearchParams(body)));
  const json = readJson(body) as Json | undefined;
  return json === undefined
    ? err(say(400, 'SIGNAL_INVALID', 'Not understood', 'The body must be JSON or a form.'))
    : ok(json);
};

const send = async (link: SignalLink, request: LinkRequest, deps: LinkDeps): Promise<Said> => {
  const data = link.data === undefined ? dataIn(request) : ok(link.data);
  if (!data.ok) return data.error;
  const { job, name } = link;
  // Whoever says something else through the same link must hear that it does not count.
  const id =
    link.data === undefined ? sha256(`${link.id}\n${JSON.stringify(data.value)}`) : link.id;
  const by = `signal URL, from ${request.from}`;
  const sent = await signalJob(job, { name, id, data: data.value, by }, deps);
  if (!sent.ok) return say(400, sent.error.code, 'Not possible', sent.error.message);
  return sent.value.kind === 'taken' ? TAKEN : DONE;
};

const answered = async (
  request: LinkRequest,
  isPage: boolean,
  deps: LinkDeps,
): Promise<UrlAnswer> => {
  const token = request.path.slice(1);
  const link = readLink(token, await deps.secrets(), deps.clock.now());
  if (!link.ok) return rendered(link.error === 'EXPIRED' ? EXPIRED : UNKNOWN, isPage);
  const { job, name, label = 'Confirm' } = link.value;
  if (request.method === 'GET' || request.method === 'HEAD')
    return {
      status: 200,
      headers: { ...PAGE_HEADERS, ...NO_STORE },
      body: request.method === 'HEAD' ? '' : buttonPage(job, name, label),
    };
  if (request.method !== 'POST') return rendered(NOT_ALLOWED, isPage);
  return rendered(await send(link.value, request, deps), isPage);
};

/** Answers a request. Rejects never: a fault of the mesh is logged, and the client may try again. */
export const answerLink = async (request: LinkRequest, deps: LinkDeps): Promise<UrlAnswer> => {
  const isPage = /\btext\/html\b/.test(request.headers['accept'] ?? '');
  try {
    return await answered(request, isPage, deps);
  } catch (error) {
    deps.logger.error('signal URL not answered', { reason: thrownText(error) });
    return rendered(LATER, isPage);
  }
};
