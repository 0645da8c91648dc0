/**
 * The envelope: what a message body may say (DESIGN §4.1). This schema is the one source of the
 * TypeScript type and of docs/schema/envelope.schema.json.
 */
import * as v from 'valibot';
import { PRIORITIES } from '#shared/contracts/queues.ts';
import { byteLength, canonicalJson, type Json, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import type { JobDefinition, Kinds } from './defineJob.ts';
import { parseHostileJson } from './hostileJson.ts';
import { retrySchema } from './retry.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const PRINTABLE = /^[^\u0000-\u001f\u007f]+$/;

const label = (max: number) =>
  v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(max),
    v.regex(PRINTABLE, 'must not contain control characters'),
  );

export const envelopeSchema = v.strictObject({
  id: v.optional(label(LIMITS.idLengthMax)),
  kind: label(LIMITS.kindLengthMax),
  payload: v.optional(v.unknown()),
  source: v.optional(label(LIMITS.labelLengthMax)),
  idempotencyKey: v.optional(label(LIMITS.labelLengthMax * 2)),
  group: v.optional(label(LIMITS.groupLengthMax)),
  priority: v.optional(v.picklist(PRIORITIES)),
  missionId: v.optional(label(LIMITS.labelLengthMax)),
  taskId: v.optional(label(LIMITS.labelLengthMax)),
  timeoutSeconds: v.optional(
    v.pipe(v.number(), v.minValue(1), v.maxValue(LIMITS.timeoutSecondsMax)),
  ),
  retry: v.optional(retrySchema),
});

export type Envelope = v.InferOutput<typeof envelopeSchema>;

export interface EnvelopeIssue {
  readonly code:
    | 'TOO_LARGE'
    | 'NOT_JSON'
    | 'NOT_AN_OBJECT'
    | 'TOO_DEEP'
    | 'NUL_BYTE'
    | 'PROTOTYPE_KEY'
    | 'ENVELOPE_INVALID'
    | 'UNKNOWN_KIND'
    | 'PAYLOAD_INVALID'
    | 'ID_TAKEN';
  /** The field, dotted; empty when the body as a whole is meant. */
  readonly path: string;
  readonly message: string;
}

/** An envelope that may run: its kind is known and its payload has that kind's shape. */
export interface ValidJob {
  readonly envelope: Envelope;
  readonly definition: JobDefinition;
  /** The payload as the kind's schema returned it. */
  readonly payload: unknown;
  /** Tells a repeated job from another job under the same id. */
  readonly contentHash: string;
}

const pathOf = (issue: v.BaseIssue<unknown>): string => v.getDotPath(issue) ?? '';

const reasonOf = ({ type, expected, received, message }: v.BaseIssue<unknown>): string => {
  const ofObject = type === 'strict_object' || type === 'object';
  if (ofObject && expected === 'never') return 'unknown field';
  return ofObject && received === 'undefined' ? 'is missing' : message;
};

const issueOf = (
  code: EnvelopeIssue['code'],
  prefix: string,
  [first]: readonly v.BaseIssue<unknown>[],
): EnvelopeIssue => {
  if (!first) return { code, path: prefix, message: `${prefix}: invalid` };
  const path = [prefix, pathOf(first)].filter((part) => part !== '').join('.');
  const reason = reasonOf(first);
  return { code, path, message: path === '' ? reason : `${path}: ${reason}` };
};

const known = (kinds: Kinds): string => [...kinds.keys()].sort().join(', ');

/** Checks a value that is already JSON. */
const checkEnvelope = (value: unknown, kinds: Kinds): Result<ValidJob, EnvelopeIssue> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return err({ code: 'NOT_AN_OBJECT', path: '', message: 'the envelope must be a JSON object' });
  const parsed = v.safeParse(envelopeSchema, value);
  if (!parsed.success) return err(issueOf('ENVELOPE_INVALID', '', parsed.issues));
  const envelope = parsed.output;
  const definition = kinds.get(envelope.kind);
  if (!definition)
    return err({
      code: 'UNKNOWN_KIND',
      path: 'kind',
      message: `kind: "${envelope.kind}" is not registered here (known: ${known(kinds)})`,
    });
  const payload = v.safeParse(definition.payload, envelope.payload);
  if (!payload.success) return err(issueOf('PAYLOAD_INVALID', 'payload', payload.issues));
  const content = { kind: envelope.kind, payload: (envelope.payload ?? null) as Json };
  const contentHash = sha256(canonicalJson(content)).slice(0, 32);
  return ok({ envelope, definition, payload: payload.output, contentHash });
};

/** Checks a message body. Every failure names the field and says why; nothing is thrown. */
export const parseEnvelope = (body: string, kinds: Kinds): Result<ValidJob, EnvelopeIssue> => {
  const bytes = byteLength(body);
  if (bytes > LIMITS.envelopeBytesMax)
    return err({
      code: 'TOO_LARGE',
      path: '',
      message: `the envelope has ${bytes} bytes, the limit is ${LIMITS.envelopeBytesMax}`,
    });
  const json = parseHostileJson(body);
  return json.ok ? checkEnvelope(json.value, kinds) : json;
};

/**
 * A job's id: its own, else one derived from source and idempotency key, else the message's. The
 * derived id is the same for every producer that sends the same key.
 */
export const jobIdOf = (
  envelope: Pick<Envelope, 'id' | 'source' | 'idempotencyKey'>,
  messageId: string,
): string => {
  if (envelope.id !== undefined) return envelope.id;
  if (envelope.idempotencyKey === undefined) return messageId;
  const key = JSON.stringify([envelope.source ?? 'default', envelope.idempotencyKey]);
  return `key-${sha256(key).slice(0, 32)}`;
};

const hint = (max: number) => v.fallback(v.optional(label(max)), undefined);

const hintsSchema = v.object({
  id: hint(LIMITS.idLengthMax),
  kind: hint(LIMITS.kindLengthMax),
  source: hint(LIMITS.labelLengthMax),
  missionId: hint(LIMITS.labelLengthMax),
  taskId: hint(LIMITS.labelLengthMax),
});

export type EnvelopeHints = Partial<
  Record<'id' | 'kind' | 'source' | 'missionId' | 'taskId', string>
>;

/** What can be made out of a refused body, so that its sender finds it where it looks. */
export const hintsOf = (body: string): EnvelopeHints => {
  const json = parseHostileJson(body);
  const parsed = json.ok ? v.safeParse(hintsSchema, json.value) : undefined;
  if (!parsed?.success) return {};
  return Object.fromEntries(
    Object.entries(parsed.output).filter(([, value]) => value !== undefined),
  );
};
