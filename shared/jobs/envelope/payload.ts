/** The payload that a handler gets: fetched, references resolved, checked by the kind's schema. */
import { PAYLOAD_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, type Json, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { err, ok, type Result } from '#shared/kernel/result.ts';
import type { Blobs, JobStore } from '../ports/jobs.ts';
import type { JobRecord } from '../record/record.ts';
import type { Fault } from '../worker/attempt/runHandler.ts';
import { checkPayload, type Envelope, type ValidJob } from './envelope.ts';
import { referencesIn, resolveReferences } from './resultReferences.ts';
import { parseHostileJson } from './safeJson.ts';

interface Sources {
  readonly store: Pick<JobStore, 'get'>;
  readonly blobs: Blobs;
}

const READS_AT_ONCE = 16;

/** The result of a completed job; undefined when it has none, or it is no longer in the bucket. */
export const resultOf = async (
  record: Pick<JobRecord, 'result' | 'resultRef'>,
  blobs: Blobs,
): Promise<Json | undefined> => {
  const { result, resultRef } = record;
  const text = result ?? (resultRef === undefined ? undefined : await blobs.get(resultRef));
  return text === undefined ? undefined : (JSON.parse(text) as Json);
};

const resultsOf = async (
  ids: readonly string[],
  { store, blobs }: Sources,
): Promise<ReadonlyMap<string, Json | undefined>> => {
  const records = await mapPool(ids, READS_AT_ONCE, (id) => store.get(id));
  const completed = records.flatMap((record) => (record?.status === 'COMPLETED' ? [record] : []));
  const results = await mapPool(completed, READS_AT_ONCE, (record) => resultOf(record, blobs));
  return new Map(completed.map(({ id }, index) => [id, results[index]]));
};

/** An envelope that fits into a message, and the payload that the bucket must keep, if any. */
export interface Claimed {
  readonly envelope: Envelope;
  readonly blob?: { readonly key: string; readonly text: string };
}

/**
 * Takes a payload that is too large for a message out of its envelope; does not write the bucket.
 */
export const claimed = (envelope: Envelope): Claimed => {
  const { payload, ...rest } = envelope;
  const text = payload === undefined ? '' : JSON.stringify(payload);
  const bytes = byteLength(text);
  if (bytes <= LIMITS.payloadInlineBytesMax) return { envelope };
  const hash = sha256(text);
  // A payload in the bucket hides its references, so they become dependencies now.
  const dependsOn = [...new Set([...(envelope.dependsOn ?? []), ...referencesIn(payload)])];
  return {
    envelope: {
      ...rest,
      ...(dependsOn.length > 0 && { dependsOn }),
      payloadRef: { sha256: hash, bytes },
    },
    blob: { key: `${PAYLOAD_PREFIX}${hash}`, text },
  };
};

/**
 * Puts a payload that is too large for a message into the bucket; other envelopes stay unchanged.
 */
export const claimCheck = async (envelope: Envelope, blobs: Blobs): Promise<Envelope> => {
  const { envelope: light, blob } = claimed(envelope);
  if (blob) await blobs.put(blob.key, blob.text);
  return light;
};

const fetched = async (job: ValidJob, blobs: Blobs): Promise<Result<unknown, Fault>> => {
  const { payloadRef, payload } = job.envelope;
  if (!payloadRef) return ok(payload);
  const text = await blobs.get(`${PAYLOAD_PREFIX}${payloadRef.sha256}`);
  if (text === undefined)
    return err({
      code: 'PAYLOAD_GONE',
      message: `payloadRef: the bucket holds no payload ${payloadRef.sha256} (any more)`,
    });
  if (sha256(text) !== payloadRef.sha256)
    return err({
      code: 'PAYLOAD_CHANGED',
      message: 'payloadRef: the payload is not what was sent',
    });
  const json = parseHostileJson(text);
  return json.ok ? json : err({ code: json.error.code, message: `payload: ${json.error.message}` });
};

/** The completed siblings of the chain, with their results. */
const siblingsOf = async (
  { siblings }: NonNullable<Envelope['chain']>,
  { store, blobs }: Sources,
) => {
  const named = await mapPool(Object.entries(siblings), READS_AT_ONCE, async ([name, id]) => {
    const record = await store.get(id);
    if (record?.status !== 'COMPLETED') return [];
    return [{ name, kind: record.kind, result: (await resultOf(record, blobs)) ?? null }];
  });
  return named.flat();
};

/** Fills the original system's templates, which only jobs of a chain may use. */
const fillTemplates = async (
  payload: unknown,
  { chain }: Envelope,
  sources: Sources,
): Promise<Result<unknown, Fault>> => {
  if (!chain) return ok(payload);
  const chains = await import('#shared/legacy/chains/chainWork.ts');
  const { ARTIFACTS, TemplateError, artifactsOf, resolveParams } = chains;
  try {
    const found = await siblingsOf(chain, sources);
    const results = found.map(({ name, result }) => [name, result] as const);
    const context = new Map([[ARTIFACTS, artifactsOf(found)], ...results]);
    return ok(resolveParams((payload ?? {}) as Readonly<Record<string, Json>>, context));
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return err({ code: error.code, message: error.message });
  }
};

/**
 * The complete payload of a job about to run. What is wrong with it is a Fault that no retry
 * repairs; rejects only when the table or the bucket cannot be reached.
 */
export const loadPayload = async (
  job: ValidJob,
  sources: Sources,
): Promise<Result<unknown, Fault>> => {
  if (!job.deferred) return ok(job.payload);
  const raw = await fetched(job, sources.blobs);
  if (!raw.ok) return raw;
  const results = await resultsOf(referencesIn(raw.value), sources);
  const resolved = resolveReferences(raw.value, results);
  if (!resolved.ok) return err({ code: 'REFERENCE_UNRESOLVED', message: resolved.error });
  const filled = await fillTemplates(resolved.value, job.envelope, sources);
  if (!filled.ok) return filled;
  const checked = checkPayload(job.definition, filled.value);
  return checked.ok ? checked : err({ code: checked.error.code, message: checked.error.message });
};
