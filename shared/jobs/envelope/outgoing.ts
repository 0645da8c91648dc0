/**
 * The worker's checks, made by the mesh's own senders (client, command, handlers) before they send.
 */

import { mayBeInexact } from '#shared/kernel/decimals.ts';
import { byteLength } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import type { Kinds } from '../kinds/defineJob.ts';
import { checkEnvelope, parseEnvelope, tooLarge, type ValidJob } from './envelope.ts';
import type { EnvelopeIssue } from './issue.ts';
import { claimed } from './payload.ts';
import { issueAt, parseHostileJson, pathText } from './safeJson.ts';

/** From this value on, JSON has an exponent, so that every reader takes the number for a float. */
const WRITTEN_AS_FLOAT = 1e21;

const valueFault = (value: unknown): string | undefined => {
  if (typeof value === 'bigint') return `${value} is a BigInt: send it as text`;
  if (typeof value !== 'number') return undefined;
  if (!Number.isFinite(value)) return `${value} is no number of JSON`;
  // A whole number beyond 2^53 was rounded already, but its digits in JSON would look exact.
  const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded && Math.abs(value) < WRITTEN_AS_FLOAT
    ? `${value} is beyond what a number holds exactly (2^53): send it as text`
    : undefined;
};

const closelyWritten = (envelope: unknown): Result<string, EnvelopeIssue> => {
  let found: EnvelopeIssue | undefined;
  // The objects that lead to the value being written; JSON.stringify goes depth first.
  const trail: { readonly key: string; readonly value: unknown }[] = [];
  const look = function (this: unknown, key: string, value: unknown): unknown {
    while (trail.length > 0 && trail.at(-1)?.value !== this) trail.pop();
    const reason = valueFault(value);
    if (reason === undefined) {
      if (typeof value === 'object' && value !== null) trail.push({ key, value });
      return value;
    }
    const keys = [...trail.map((each) => each.key), key].filter((_key, index) => index > 0);
    found ??= issueAt('NUMBER_INEXACT', pathText(keys), reason);
    return null;
  };
  try {
    const text = JSON.stringify(envelope, look);
    return found ? err(found) : ok(text);
  } catch (error) {
    const why = thrownText(error);
    return err(issueAt('NOT_JSON', '', `the envelope cannot be written as JSON: ${why}`));
  }
};

/** An envelope as JSON text; an issue where JSON would change a value or cannot write one. */
export const envelopeText = (envelope: unknown): Result<string, EnvelopeIssue> => {
  try {
    const text = JSON.stringify(envelope);
    // NaN and infinities are written as null.
    if (!text.includes('null') && !mayBeInexact(text)) return ok(text);
  } catch {
    // The closer look finds the field.
  }
  return closelyWritten(envelope);
};

/**
 * Checks a body before it is sent. A payload that is too large for a message will go through the
 * bucket; then the rest of the envelope is checked as the worker will check it, too.
 */
export const parseOutgoing = (body: string, kinds: Kinds): Result<ValidJob, EnvelopeIssue> => {
  const bytes = byteLength(body);
  if (bytes <= LIMITS.payloadInlineBytesMax) return parseEnvelope(body, kinds);
  if (bytes > LIMITS.payloadBytesMax) return err(tooLarge(bytes, LIMITS.payloadBytesMax));
  const json = parseHostileJson(body);
  if (!json.ok) return json;
  const job = checkEnvelope(json.value, kinds);
  if (!job.ok) return job;
  const left = parseEnvelope(JSON.stringify(claimed(job.value.envelope).envelope), kinds);
  return left.ok ? job : left;
};
