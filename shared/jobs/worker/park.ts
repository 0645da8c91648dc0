/** How a job that must come back is held: its message waits in the queue, or the table keeps it. */
import { RAW_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Blobs, Delivery } from '../ports/jobs.ts';
import type { Receipt } from '../record/record.ts';
import { dueKey, type Held, type KeptBody } from '../record/transitions.ts';
import type { Fate, JobDeps } from './disposition.ts';
import { keepLooking, type PlaceDeps, takePlace } from './groupPlaces.ts';
import { leastSeconds } from './waitTimes.ts';

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

/** Until when a message may be left to its queue, which keeps it a little longer. */
const keptUntil = ({ sentAt }: Pick<Delivery, 'sentAt'>, retentionSeconds: number): number =>
  sentAt + (retentionSeconds - LIMITS.retentionMarginSeconds) * 1_000;

/** Where a job waits until `dueAt` (ms since the epoch). */
export type Whereabouts =
  /** Its message waits. */
  | 'queue'
  /** That far ahead no message waits: the table keeps it, and its group goes on without it. */
  | 'away'
  /** Its message was received too often for more, or is too old: the table keeps it in its place. */
  | 'place';

export const whereToWait = (
  dueAt: number,
  now: number,
  delivery: Pick<Delivery, 'sentAt' | 'receives'>,
  retentionSeconds: number,
): Whereabouts => {
  if (dueAt > now + LIMITS.queueWaitSecondsMax * 1_000) return 'away';
  const isWorn = delivery.receives >= LIMITS.receivesKept;
  return isWorn || dueAt > keptUntil(delivery, retentionSeconds) ? 'place' : 'queue';
};

/** How long the message of a job that holds its group may stay away; 0 when it may no longer. */
export const haltSeconds = (
  delivery: Delivery,
  { clock, retentionSeconds }: Pick<JobDeps, 'clock' | 'retentionSeconds'>,
): number =>
  delivery.receives >= LIMITS.receivesKept
    ? 0
    : secondsUntil(keptUntil(delivery, retentionSeconds), clock.now());

type ParkDeps = PlaceDeps & Pick<JobDeps, 'blobs' | 'retentionSeconds'>;

interface Wait {
  readonly held: Held;
  readonly fate: Fate;
}

const inTable = async (dueAt: number, id: string, { body }: Delivery, deps: ParkDeps) => {
  const held: Held = { dueAt, due: dueKey(id), ...(await keepBody(body, id, deps.blobs)) };
  return { held, fate: { action: 'delete' } } as const;
};

const inQueue = (dueAt: number, seconds: number, delivery: Delivery): Wait => {
  const receipt = seconds >= LIMITS.receiptWaitSeconds ? receiptOf(delivery) : undefined;
  return { held: { dueAt, ...(receipt && { receipt }) }, fate: { action: 'return', seconds } };
};

/** @param dueAt ms since the epoch; in the past means at once */
export const deferOrPark = async (
  dueAt: number,
  id: string,
  delivery: Delivery,
  deps: ParkDeps,
): Promise<Wait> => {
  const now = deps.clock.now();
  const where = whereToWait(dueAt, now, delivery, deps.retentionSeconds);
  if (where === 'away') {
    if (delivery.messageGroup !== undefined) await keepLooking(dueAt, deps);
    return inTable(dueAt, id, delivery, deps);
  }
  if (where === 'place') {
    const taken = await takePlace(id, delivery, dueAt, deps);
    if (!taken) return inQueue(dueAt, LIMITS.groupSettleSeconds, delivery);
    const { held, fate } = await inTable(dueAt, id, delivery, deps);
    return { held: { ...held, ...taken }, fate };
  }
  const seconds = Math.max(secondsUntil(dueAt, now), leastSeconds(delivery.receives));
  return inQueue(dueAt, seconds, delivery);
};
