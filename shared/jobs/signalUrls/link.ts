/**
 * Signal URLs: links by which somebody without any rights sends one signal to one job. A link holds
 * what it sends and until when, signed by a secret of the mesh. Pure.
 */
import { createHmac } from 'node:crypto';
import type { Json } from '#shared/kernel/json.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import { sameSecret } from '#shared/kernel/sameSecret.ts';

/** What a link does. */
export interface SignalLink {
  readonly job: string;
  /** The name of the wait. */
  readonly name: string;
  /** The id of the signal: however often the link is used, there is one signal. */
  readonly id: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
  /** The data of the signal; undefined: whoever uses the link says it. */
  readonly data?: Json | undefined;
  /** What is on the button of the link's page. */
  readonly label?: string | undefined;
}

/** Signs links. */
export interface SignalLinks {
  /** The URL of a link. */
  sign(link: SignalLink): Promise<string>;
}

/** Why a link is refused. */
export type LinkFault = 'UNSIGNED' | 'EXPIRED';

/** The first part of every token: a link of another form is signed differently. */
const FORM = 'sheratan-signal-1';

type Fields = readonly [
  job: string,
  name: string,
  id: string,
  expiresAt: number,
  label: string | null,
  data: readonly Json[],
];

const digest = (secret: string, content: string): Buffer =>
  createHmac('sha256', secret).update(`${FORM}.${content}`).digest();

/** The token of a link: what stands in its URL. It needs no escapes. */
export const linkToken = (link: SignalLink, secret: string): string => {
  const { job, name, id, expiresAt, label = null, data } = link;
  const fields: Fields = [job, name, id, expiresAt, label, data === undefined ? [] : [data]];
  const content = Buffer.from(JSON.stringify(fields)).toString('base64url');
  return `${content}.${digest(secret, content).toString('base64url')}`;
};

/** Unchecked beyond its signature, because only the mesh signs. */
const linkIn = (content: string): SignalLink => {
  const fields = JSON.parse(Buffer.from(content, 'base64url').toString()) as Fields;
  const [job, name, id, expiresAt, label, data] = fields;
  return {
    job,
    name,
    id,
    expiresAt,
    ...(label !== null && { label }),
    ...(data.length > 0 && { data: data[0] }),
  };
};

/**
 * The link of a token. Throws nothing, whatever the token is.
 *
 * @param secrets those that count; after a rotation also the one before
 * @param now ms since the epoch
 */
export const readLink = (
  token: string,
  secrets: readonly string[],
  now: number,
): Result<SignalLink, LinkFault> => {
  const [content = '', signature = '', ...more] = token.split('.');
  const shown = Buffer.from(signature, 'base64url');
  const isSigned = secrets.some((secret) => sameSecret(shown, digest(secret, content)));
  if (!isSigned || more.length > 0) return err('UNSIGNED');
  const link = linkIn(content);
  return link.expiresAt < now ? err('EXPIRED') : ok(link);
};
