/**
 * The check of message bodies, and what follows from an envelope: id, dependencies, content hash.
 */

import * as v from 'valibot';
import {
  byteLength,
  canonicalJson,
  isJsonObject,
  type Json,
  readJson,
  sha256,
} from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { OutboundError, outboundUrl } from '#shared/kernel/outboundUrl.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import { reasonOf } from '#shared/kernel/schemaIssue.ts';
import { thrownText } from '#shared/kernel/thrown.ts';
import type { JobDefinition, Kinds } from '../kinds/defineJob.ts';
import { faultPath, validated } from '../kinds/payloadSchema.ts';
import type { EnvelopeIssue } from './issue.ts';
import { referencesIn } from './resultReferences.ts';
import { issueAt, parseHostileJson, pathText } from './safeJson.ts';
import { ENVELOPE_VERSION, type Envelope, envelopeSchema, hintsSchema } from './schema.ts';
import { unwrapped, wrapperAdvice } from './wrappedBody.ts';

export type { Envelope } from './schema.ts';

/**
 * A checked envelope: its kind is known and, unless deferred, its payload fits the kind's schema.
 */
export interface ValidJob {
  readonly envelope: Envelope;
  readonly definition: JobDefinition;
  /** The payload as the kind's schema returned it; with `deferred`, the payload of the envelope. */
  readonly payload: unknown;
  /**
   * The payload is in the bucket or refers to results, so it is complete only when the job runs.
   */
  readonly deferred: boolean;
  /**
   * Jobs that must end first: those in `dependsOn`, and those whose results the payload refers to.
   */
  readonly dependencies: readonly string[];
  /** Tells the same job, sent again, from another job with the same id. */
  readonly contentHash: string;
}

const pathOf = (issue: v.BaseIssue<unknown>): string => v.getDotPath(issue) ?? '';

const issueOf = (
  code: EnvelopeIssue['code'],
  prefix: string,
  [first]: readonly v.BaseIssue<unknown>[],
): EnvelopeIssue => {
  if (!first) return issueAt(code, prefix, 'invalid');
  const path = pathText([prefix, pathOf(first)].filter((part) => part !== ''));
  return issueAt(code, path, reasonOf(first));
};

/**
 * Checks a payload by its kind's schema. When the schema's own code throws, the payload is refused.
 */
export const checkPayload = (
  definition: JobDefinition,
  payload: unknown,
): Result<unknown, EnvelopeIssue> => {
  try {
    const judged = validated(definition.payload, payload);
    if (judged.ok) return ok(judged.value);
    const path = pathText(['payload', ...faultPath(judged.fault)]);
    return err(issueAt('PAYLOAD_INVALID', path, reasonOf(judged.fault)));
  } catch (error) {
    const reason = `the schema of ${definition.kind} threw ${thrownText(error)}`;
    return err(issueAt('PAYLOAD_INVALID', 'payload', reason));
  }
};

/** The amounts of a cost as text: 5 and "5" are the same amount. */
const amountsOf = ({ amount, budget }: NonNullable<Envelope['cost']>) => ({
  amount: String(amount),
  ...(budget !== undefined && { budget: String(budget) }),
});

/**
 * A hash of kind, payload and cost, 32 hexadecimal digits. It tells the same job, sent again, from
 * another job with the same id.
 */
export const contentHashOf = ({ kind, payload, payloadRef, cost }: Envelope): string => {
  const what = payloadRef ? { kind, payloadRef } : { kind, payload: (payload ?? null) as Json };
  const content = cost ? { ...what, cost: { ...cost, ...amountsOf(cost) } } : what;
  return sha256(canonicalJson(content as Json)).slice(0, 32);
};

const known = (kinds: Kinds): string => [...kinds.keys()].sort().join(', ');

/**
 * Jobs that must end first: those in `dependsOn`, then those whose results the payload refers to.
 */
export const dependenciesOf = ({ dependsOn = [], payload }: Envelope): readonly string[] => [
  ...new Set([...dependsOn, ...referencesIn(payload)]),
];

const EXCLUSIVE = [
  ['id', 'idempotencyKey'],
  ['payload', 'payloadRef'],
  ['runAt', 'delaySeconds'],
  ['deadline', 'deadlineSeconds'],
] as const;

/** Why no callback can be posted to the URL; undefined when one can. */
const callbackFault = ({ callback }: Envelope): string | undefined => {
  if (!callback) return undefined;
  try {
    outboundUrl(callback.url);
    return undefined;
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return error.message.replace(/^url: /, '');
  }
};

const ONLY_CHILDREN =
  'only a job that its parent sends (ctx.enqueue, ctx.call) is paid from what that holds';

/** What is wrong between fields that are each valid; undefined when nothing is. */
const contradictionIn = (
  envelope: Envelope,
  dependencies: readonly string[],
): EnvelopeIssue | undefined => {
  const issue = (path: string, reason: string) => issueAt('ENVELOPE_INVALID', path, reason);
  for (const [one, other] of EXCLUSIVE)
    if (envelope[one] !== undefined && envelope[other] !== undefined)
      return issue(other, `cannot be given together with ${one}`);
  const { cost, parentId } = envelope;
  if (cost?.from === 'parent' && (!cost.draw || parentId === undefined))
    return issueAt('NO_PARENT_HOLD', 'cost.from', ONLY_CHILDREN);
  const unreachable = callbackFault(envelope);
  if (unreachable !== undefined) return issue('callback.url', unreachable);
  return envelope.id !== undefined && dependencies.includes(envelope.id)
    ? issue('dependsOn', 'a job cannot wait for itself')
    : undefined;
};

const isNewer = ({ v: version }: Readonly<Record<string, unknown>>): boolean =>
  Number.isSafeInteger(version) && Number(version) > ENVELOPE_VERSION;

/** A newer release may have fields that this release refuses. */
const newer = (version: unknown, { path, message }: EnvelopeIssue): EnvelopeIssue =>
  issueAt(
    'VERSION_NEWER',
    path,
    `the envelope is of version ${version}, and this release reads version ${ENVELOPE_VERSION}: ${message}`,
  );

/** Checks a value that was parsed from JSON. Does not check its size; throws nothing. */
export const checkEnvelope = (value: unknown, kinds: Kinds): Result<ValidJob, EnvelopeIssue> => {
  if (!isJsonObject(value))
    return err(issueAt('NOT_AN_OBJECT', '', 'the envelope must be a JSON object'));
  const advice = wrapperAdvice(value);
  if (advice) return err(issueAt('ENVELOPE_WRAPPED', '', advice));
  const parsed = v.safeParse(envelopeSchema, value);
  if (!parsed.success) {
    const issue = issueOf('ENVELOPE_INVALID', '', parsed.issues);
    return err(isNewer(value) ? newer(value['v'], issue) : issue);
  }
  const envelope = parsed.output;
  const definition = kinds.get(envelope.kind);
  if (!definition) {
    const reason = `"${envelope.kind}" is not registered here (known: ${known(kinds)})`;
    const issue = issueAt('UNKNOWN_KIND', 'kind', reason);
    const advice = kinds.advice?.(envelope.kind) ?? '';
    return err({ ...issue, message: issue.message + advice });
  }
  const dependencies = dependenciesOf(envelope);
  const contradiction = contradictionIn(envelope, dependencies);
  if (contradiction) return err(contradiction);
  const refers = referencesIn(envelope.payload).length > 0;
  const deferred = refers || envelope.payloadRef !== undefined || envelope.chain !== undefined;
  const common = { envelope, definition, dependencies, contentHash: contentHashOf(envelope) };
  if (deferred) return ok({ ...common, deferred, payload: envelope.payload });
  const payload = checkPayload(definition, envelope.payload);
  return payload.ok ? ok({ ...common, deferred, payload: payload.value }) : payload;
};

/** The issue of an envelope of `bytes` bytes where at most `most` bytes are taken. */
export const tooLarge = (bytes: number, most: number): EnvelopeIssue =>
  issueAt(
    'TOO_LARGE',
    '',
    `the envelope has ${bytes} bytes, the limit is ${most}; a large payload goes through the bucket (payloadRef)`,
  );

/** A character of one byte may be spelled with six: `A` as `\u0041`. */
const ESCAPED_BYTES_MAX = 6 * LIMITS.envelopeBytesMax;

/**
 * Checks a message body. Each issue names the field and says why; nothing is thrown. The size bound
 * is for the envelope without extra spaces and escapes, however the body spells it.
 */
export const parseEnvelope = (body: string, kinds: Kinds): Result<ValidJob, EnvelopeIssue> => {
  const bytes = byteLength(body);
  if (bytes > ESCAPED_BYTES_MAX) return err(tooLarge(bytes, LIMITS.envelopeBytesMax));
  const json = parseHostileJson(body);
  if (!json.ok) return json;
  const size = bytes > LIMITS.envelopeBytesMax ? byteLength(JSON.stringify(json.value)) : bytes;
  return size > LIMITS.envelopeBytesMax
    ? err(tooLarge(size, LIMITS.envelopeBytesMax))
    : checkEnvelope(json.value, kinds);
};

/**
 * A job's id: the envelope's id, else an id derived from source and idempotency key, else the
 * message id. The derived id is the same each time that a source sends the same key.
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

/** Names in a refused body that could still be read. */
export type EnvelopeHints = Partial<
  Record<'id' | 'kind' | 'source' | 'missionId' | 'taskId', string>
>;

/**
 * The names in a refused body, as far as they can be read. With them, the sender finds the body
 * where the sender looks for it: under its id, or under the id derived from its idempotency key.
 */
export const hintsOf = (body: string): EnvelopeHints => {
  const value = unwrapped(readJson(body.replace(/^\uFEFF/, '')));
  const parsed = v.safeParse(hintsSchema, value);
  if (!parsed.success) return {};
  const { idempotencyKey, ...hints } = parsed.output;
  // The id depends on the source: with an unreadable source, the id would be another job's.
  const isSourceRead = hints.source !== undefined || !Object.hasOwn(Object(value), 'source');
  const isKeyed = hints.id === undefined && idempotencyKey !== undefined && isSourceRead;
  const id = isKeyed ? jobIdOf({ source: hints.source, idempotencyKey }, '') : hints.id;
  return Object.fromEntries(
    Object.entries({ ...hints, id }).filter(([, name]) => name !== undefined),
  );
};
