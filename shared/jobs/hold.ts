/** How a job that must come back is held: its message waits in the queue, or the table keeps it. */
import { RAW_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Fate, JobDeps } from './disposition.ts';
import type { Blobs, Delivery } from './ports.ts';
import type { Receipt } from './record.ts';
import { dueKey, type Held, type KeptBody } from './transitions.ts';

/** Bodies beyond the inline bound go to the bucket whole, so that they stay redrivable. */
export const keepBody = async (body: string, id: string, blobs: Blobs): Promise<KeptBody> => {
  if (byteLength(body) <= LIMITS.rawInlineBytesMax) return { envelope: body };
  const envelopeRef = `${RAW_PREFIX}${sha256(id)}/${sha256(body)}`;
  await blobs.put(envelopeRef, body);
  return { envelopeRef };
};

/** The body that {@link keepBody} kept; undefined when there is none any more. */
export const keptBody = async (kept: KeptBody, blobs: Blobs): Promise<string | undefined> => {
  if (kept.envelope !== undefined) return kept.envelope;
  return kept.envelopeRef === undefined ? undefined : await blobs.get(kept.envelopeRef);
};

export const receiptOf = ({ queueUrl, receiptHandle: handle }: Delivery): Receipt => ({
  queueUrl,
  handle,
});

/** Whole seconds until `at`, as a visibility timeout; 0 when it is past. */
export const secondsUntil = (at: number, now: number): number =>
  Math.min(LIMITS.queueWaitSecondsMax, Math.max(0, Math.ceil((at - now) / 1_000)));

/**
 * A message cannot wait beyond its own retention, and twelve hours a receive at most: what is due
 * later is parked.
 */
export const mustPark = (
  dueAt: number,
  now: number,
  delivery: Pick<Delivery, 'sentAt'>,
  retentionSeconds: number,
): boolean => {
  const gone = delivery.sentAt + (retentionSeconds - LIMITS.retentionMarginSeconds) * 1_000;
  return dueAt > now + LIMITS.queueWaitSecondsMax * 1_000 || dueAt > gone;
};

/** @param dueAt ms since the epoch; in the past means at once */
export const hold = async (
  dueAt: number,
  id: string,
  delivery: Delivery,
  deps: Pick<JobDeps, 'clock' | 'blobs' | 'retentionSeconds'>,
): Promise<{ readonly held: Held; readonly fate: Fate }> => {
  const now = deps.clock.now();
  if (mustPark(dueAt, now, delivery, deps.retentionSeconds)) {
    const kept = await keepBody(delivery.body, id, deps.blobs);
    return { held: { dueAt, due: dueKey(id), ...kept }, fate: { action: 'delete' } };
  }
  const seconds = secondsUntil(dueAt, now);
  const receipt = seconds >= LIMITS.receiptWaitSeconds ? receiptOf(delivery) : undefined;
  return { held: { dueAt, ...(receipt && { receipt }) }, fate: { action: 'return', seconds } };
};
