/**
 * The callback of an ended job: its body, and a signature that the receiver can check. Pure.
 * `Sheratan-Signature: t=<seconds>,v1=<hex>`, where `hex` is the HMAC-SHA256 of `t.id.body`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Json } from '#shared/kernel/json.ts';
import type { JobRecord } from '../record/record.ts';

/** The header of a callback or a call to a host that holds its signatures. */
export const SIGNATURE_HEADER = 'sheratan-signature';

const digest = (secret: string, seconds: number, id: string, body: string): string =>
  createHmac('sha256', secret).update(`${seconds}.${id}.${body}`).digest('hex');

/**
 * The header's value, with one signature for each secret: during a rotation the receiver may know
 * the old secret or the new one.
 * @param now ms since the epoch
 */
export const signatureOf = (
  secrets: readonly string[],
  id: string,
  body: string,
  now: number,
): string => {
  const seconds = Math.floor(now / 1_000);
  const signatures = secrets.map((secret) => `v1=${digest(secret, seconds, id, body)}`);
  return [`t=${seconds}`, ...signatures].join(',');
};

/** Compares bytes in constant time. Texts with equally many characters may differ in bytes. */
const sameText = (a: string, b: string): boolean => {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
};

/** The form in which {@link signatureOf} writes a time. */
const SECONDS = /^(?:0|[1-9]\d{0,14})$/;

/**
 * For receivers: whether the mesh signed the callback within `toleranceSeconds` of `now`. Never
 * throws, whatever the header holds; false without a header.
 * @param now ms since the epoch
 */
export const verifySignature = (
  header: string | readonly string[] | undefined,
  { secret, id, body }: { readonly secret: string; readonly id: string; readonly body: string },
  now: number,
  toleranceSeconds = 300,
): boolean => {
  if (typeof header !== 'string') return false;
  const valuesOf = (field: string) =>
    header
      .split(',')
      .flatMap((part) => (part.startsWith(`${field}=`) ? [part.slice(field.length + 1)] : []));
  const [time = '', ...times] = valuesOf('t');
  if (times.length > 0 || !SECONDS.test(time)) return false;
  const seconds = Number(time);
  if (!(Math.abs(now / 1_000 - seconds) <= toleranceSeconds)) return false;
  const expected = digest(secret, seconds, id, body);
  return valuesOf('v1').some((value) => sameText(value, expected));
};

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
