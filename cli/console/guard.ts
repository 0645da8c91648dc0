/**
 * Who may ask the console: a page that was opened by the address which the command printed. Another
 * origin, a name that was rebound to this machine, or a program without the token gets nothing.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { sameSecret } from '#shared/kernel/sameSecret.ts';
import type { ConsoleRefusal } from './wire.ts';

/** The header that carries the session's token. */
const TOKEN_HEADER = 'x-sheratan-token';
const TOKEN_BYTES = 32;
const NAMES = ['127.0.0.1', 'localhost'];

/** A token that nobody can guess; it ends with the server. */
export const freshToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

const isToken = (given: string | string[] | undefined, token: string): boolean =>
  typeof given === 'string' && sameSecret(given, token);

const refusal = (code: string, message: string): ConsoleRefusal => ({ code, message });

/**
 * Why a request for any path is refused; undefined when it comes from this machine's own page, or
 * from no page at all.
 */
export const foreign = ({ headers }: IncomingMessage): ConsoleRefusal | undefined => {
  const host = headers.host ?? '';
  // A foreign name that points at this machine would make a foreign page one of ours.
  if (!NAMES.includes(host.replace(/:\d+$/, '')))
    return refusal('FOREIGN_HOST', 'The console answers on this machine only, by its own address.');
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (origin !== undefined && origin !== `http://${host}`)
    return refusal('FOREIGN_ORIGIN', 'A page of another origin may not ask the console.');
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return refusal('FOREIGN_ORIGIN', 'A page of another site may not ask the console.');
  return undefined;
};

/** Why a request for data is refused; undefined when it carries the session's token. */
export const unnamed = ({ headers }: IncomingMessage, token: string): ConsoleRefusal | undefined =>
  isToken(headers[TOKEN_HEADER], token)
    ? undefined
    : refusal(
        'NO_TOKEN',
        'This page has no token of the session: open the address that the command printed.',
      );
