/** The envelope: checking message bodies, and what follows from what they say. */

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
import type { EnvelopeIssue } from './issue.ts';
import { referencesIn } from './resultReferences.ts';
import { issueAt, parseHostileJson, pathText } from './safeJson.ts';
import { type Envelope, envelopeSchema, hintsSchema } from './schema.ts';
import { unwrapped, wrapperAdvice } from './wrappedBody.ts';

export type { Envelope } from './schema.ts';

/** An envelope that may run: its kind is known and its payload has that kind's shape. */
export interface ValidJob {
  readonly envelope: Envelope;
  readonly definition: JobDefinition;
  /** The payload as the kind's schema returned it; of a deferred job, what the envelope says. */
  readonly payload: unknown;
  /** The payload is kept elsewhere or refers to results: it is complete only when the job runs. */
  readonly deferred: boolean;
  /** Jobs that must have ended first: those it names and those whose results it refers to. */
  readonly dependencies: readonly string[];
  /** Tells a repeated job from another job under the same id. */
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

/** Checks a payload by its kind's schema; a schema whose own code throws has refused it. */
export const checkPayload = (
  definition: JobDefinition,
  payload: unknown,
): Result<unknown, EnvelopeIssue> => {
  try {
    const parsed = v.safeParse(definition.payload, payload);
    return parsed.success
      ? ok(parsed.output)
      : err(issueOf('PAYLOAD_INVALID', 'payload', parsed.issues));
  } catch (error) {
    const reason = `the schema of ${definition.kind} threw ${thrownText(error)}`;
    return err(issueAt('PAYLOAD_INVALID', 'payload', reason));
  }
};

/** Tells a repeated job from another job under the same id. */
export const contentHashOf = ({ kind, payload, payloadRef, cost }: Envelope): string => {
  const what = payloadRef ? { kind, payloadRef } : { kind, payload: (payload ?? null) as Json };
  const content = cost ? { ...what, cost: { ...cost, amount: String(cost.amount) } } : what;
  return sha256(canonicalJson(content as Json)).slice(0, 32);
};

const known = (kinds: Kinds): string => [...kinds.keys()].sort().join(', ');

/** Jobs that must have ended first: those it names and those whose results it refers to. */
export const dependenciesOf = ({ dependsOn = [], payload }: Envelope): readonly string[] => [
  ...new Set([...dependsOn, ...referencesIn(payload)]),
];

const EXCLUSIVE = [
  ['id', 'idempotencyKey'],
  ['payload', 'payloadRef'],
  ['runAt', 'delaySeconds'],
  ['deadline', 'deadlineSeconds'],
] as const;

/** Why the end of the job could never be told there. */
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

const ONLY_CHILDREN = 'only a job that its parent sends (ctx.enqueue) is paid from what that holds';

/** What no single field shows. */
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

/** Checks a value that is already JSON, whatever its size. */
export const checkEnvelope = (value: unknown, kinds: Kinds): Result<ValidJob, EnvelopeIssue> => {
  if (!isJsonObject(value))
    return err(issueAt('NOT_AN_OBJECT', '', 'the envelope must be a JSON object'));
  const advice = wrapperAdvice(value);
  if (advice) return err(issueAt('ENVELOPE_WRAPPED', '', advice));
  const parsed = v.safeParse(envelopeSchema, value);
  if (!parsed.success) return err(issueOf('ENVELOPE_INVALID', '', parsed.issues));
  const envelope = parsed.output;
  const definition = kinds.get(envelope.kind);
  if (!definition) {
    const reason = `"${envelope.kind}" is not registered here (known: ${known(kinds)})`;
    return err(issueAt('UNKNOWN_KIND', 'kind', reason));
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

export const tooLarge = (bytes: number, most: number): EnvelopeIssue =>
  issueAt(
    'TOO_LARGE',
    '',
    `the envelope has ${bytes} bytes, the limit is ${most}; a large payload goes through the bucket (payloadRef)`,
  );

/** `A` may be spelled `\u0041`. */
const ESCAPED_BYTES_MAX = 6 * LIMITS.envelopeBytesMax;

/**
 * Checks a message body. Every failure names the field and says why; nothing is thrown. An envelope
 * has its size whatever the spelling: spaces and escapes do not count.
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

export type EnvelopeHints = Partial<
  Record<'id' | 'kind' | 'source' | 'missionId' | 'taskId', string>
>;

/**
 * What can be made out of a refused body, so that its sender finds it where it looks: under its id,
 * or the one that follows from its idempotency key.
 */
export const hintsOf = (body: string): EnvelopeHints => {
  const value = unwrapped(readJson(body.replace(/^\uFEFF/, '')));
  const parsed = v.safeParse(hintsSchema, value);
  if (!parsed.success) return {};
  const { idempotencyKey, ...hints } = parsed.output;
  // Under a source that cannot be read the key would be that of another job.
  const isSourceRead = hints.source !== undefined || !Object.hasOwn(Object(value), 'source');
  const isKeyed = hints.id === undefined && idempotencyKey !== undefined && isSourceRead;
  const id = isKeyed ? jobIdOf({ source: hints.source, idempotencyKey }, '') : hints.id;
  return Object.fromEntries(
    Object.entries({ ...hints, id }).filter(([, name]) => name !== undefined),
  );
};
