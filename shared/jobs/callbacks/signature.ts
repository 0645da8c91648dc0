/**
 * The callback of an ended job: its body, and the headers by which the receiver checks who sent it,
 * as Standard Webhooks describes them (standardwebhooks.com, 1.0.0). Pure.
 */
import { createHmac } from 'node:crypto';
import type { Json } from '#shared/kernel/json.ts';
import { sameSecret } from '#shared/kernel/sameSecret.ts';
import type { JobRecord } from '../record/record.ts';

/** The headers of a callback or a call to a host, in lower case. */
const WEBHOOK_HEADERS = {
  /** The same for each try of one message. */
  id: 'webhook-id',
  /** When the message was signed, in seconds since the epoch. */
  timestamp: 'webhook-timestamp',
  /** One `v1,<base64>` for each secret, with spaces between. */
  signature: 'webhook-signature',
} as const;

const SECRET_PREFIX = 'whsec_';

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * The bytes of a secret: base64 behind the prefix, which may be missing. A text that is no base64,
 * as a person may have set it, is a key by its own bytes: decoding would leave out some of them, or
 * all.
 */
const keyOf = (secret: string): Buffer => {
  const text = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret;
  const decoded = BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
  return decoded?.length ? decoded : Buffer.from(text);
};

/**
 * A secret as the libraries of Standard Webhooks read it: `whsec_` and base64.
 *
 * @param stored with or without the prefix; base64url is read, too
 */
export const webhookSecret = (stored: string): string =>
  `${SECRET_PREFIX}${keyOf(stored).toString('base64')}`;

const digest = (secret: string, seconds: string, id: string, body: string): string =>
  createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.${body}`).digest('base64');

/**
 * The headers of a signed message, with one signature for each secret: during a rotation the
 * receiver may know the old secret or the new one.
 *
 * @param id names the message, in ASCII
 * @param now ms since the epoch
 */
export const signedHeaders = (
  secrets: readonly string[],
  id: string,
  body: string,
  now: number,
): Readonly<Record<string, string>> => {
  const seconds = String(Math.floor(now / 1_000));
  return {
    [WEBHOOK_HEADERS.id]: id,
    [WEBHOOK_HEADERS.timestamp]: seconds,
    [WEBHOOK_HEADERS.signature]: secrets
      .map((secret) => `v1,${digest(secret, seconds, id, body)}`)
      .join(' '),
  };
};

/** The form in which {@link signedHeaders} writes a time. */
const SECONDS = /^(?:0|[1-9]\d{0,14})$/;

/** Headers by their names in lower case, as `request.headers` of Node has them. */
export type WebhookHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * For receivers: whether the mesh signed the message within `toleranceSeconds` of `now`. Never
 * throws, whatever the headers hold; false without them.
 *
 * @param message the body as it came, before it is parsed, and the secret `whsec_…`, as `sheratan
 * callbacks secret` prints it
 * @param now ms since the epoch
 */
export const verifySignature = (
  headers: WebhookHeaders,
  message: { readonly secret: string; readonly body: string },
  now: number,
  toleranceSeconds = 300,
): boolean => {
  const { secret, body } = message;
  const [id, seconds, signatures] = [
    headers[WEBHOOK_HEADERS.id],
    headers[WEBHOOK_HEADERS.timestamp],
    headers[WEBHOOK_HEADERS.signature],
  ];
  if (typeof id !== 'string' || typeof seconds !== 'string' || typeof signatures !== 'string')
    return false;
  // Anybody could sign under an empty key.
  if (!SECONDS.test(seconds) || keyOf(secret).length === 0) return false;
  if (!(Math.abs(now / 1_000 - Number(seconds)) <= toleranceSeconds)) return false;
  const expected = `v1,${digest(secret, seconds, id, body)}`;
  return signatures.split(' ').some((each) => sameSecret(each, expected));
};

/** The id of the message that tells the end of a job: each end has its own. */
export const callbackId = ({ id, generation = 0 }: Pick<JobRecord, 'id' | 'generation'>): string =>
  `${encodeURIComponent(id)}:${generation}`;

/**
 * The JSON body of a callback.
 * @param result undefined when there is none, or it is too large to post
 */
export const callbackBody = (record: JobRecord, result: Json | undefined): string => {
  const { id, kind, status, attempt, generation = 0, error, updatedAt } = record;
  const { missionId, taskId, correlationId, parentId } = record;
  return JSON.stringify({
    id,
    kind,
    status,
    attempt,
    generation,
    endedAt: new Date(updatedAt).toISOString(),
    ...(missionId && { missionId }),
    ...(taskId && { taskId }),
    ...(parentId && { parentId }),
    ...(correlationId && { correlationId }),
    ...(error && status !== 'COMPLETED' && { error: { code: error.code, message: error.message } }),
    ...(result !== undefined && { result }),
    ...(result === undefined && record.resultRef && { resultTooLarge: true }),
  });
};
