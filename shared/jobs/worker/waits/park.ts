/**
 * How a job waits: its message waits in the queue, or the table keeps the job without a message.
 */
import { RAW_PREFIX } from '#shared/contracts/bucket.ts';
import { byteLength, sha256 } from '#shared/kernel/json.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Blobs, Delivery } from '../../ports/jobs.ts';
import type { KeptBody } from '../../record/keptBody.ts';
import type { Receipt } from '../../record/record.ts';
import { dueKey, type Held } from '../../record/transitions.ts';
import type { Fate, JobDeps } from '../disposition.ts';
import { isAlone, keepLooking, type PlaceDeps, takePlace } from './groupPlaces.ts';
import { leastSeconds } from './waitTimes.ts';

/** Keeps a message body, so that its job can be sent again: inline, or in the bucket when large. */
export const keepBody = async (body: string, id: string, blobs: Blobs): Promise<KeptBody> => {
  if (byteLength(body) <= LIMITS.rawInlineBytesMax) return { envelope: body };
  const envelopeRef = `${RAW_PREFIX}${sha256(id)}/${sha256(body)}`;
  await blobs.put(envelopeRef, body);
  return { envelopeRef };
};

/** The body that {@link keepBody} kept; undefined when it is no longer in the bucket. */
export const keptBody = async (kept: KeptBody, blobs: Blobs): Promise<string | undefined> => {
  if (kept.envelope !== undefined) return kept.envelope;
  return kept.envelopeRef === undefined ? undefined : await blobs.get(kept.envelopeRef);
};

/** The receipt with which a message in flight can be made visible again. */
export const receiptOf = ({ queueUrl, receiptHandle: handle }: Delivery): Receipt => ({
  queueUrl,
  handle,
});

/**
 * Whole seconds from `now` to `at` (ms), within what a visibility timeout allows; 0 for the past.
 */
export const secondsUntil = (at: number, now: number): number =>
  Math.min(LIMITS.queueWaitSecondsMax, Math.max(0, Math.ceil((at - now) / 1_000)));

/**
 * Until when a message may wait in its queue, in ms since the epoch; the queue keeps it a bit
 * longer.
 */
const keptUntil = ({ sentAt }: Pick<Delivery, 'sentAt'>, retentionSeconds: number): number =>
  sentAt + (retentionSeconds - LIMITS.retentionMarginSeconds) * 1_000;

/** Where a job waits. */
export type Whereabouts =
  /** The message waits in its queue. */
  | 'queue'
  /**
   * No message can wait that long, or none needs to: the table keeps the job, and its group goes on
   * without the job.
   */
  | 'away'
  /** The message is too old, or was received too often: the table keeps the job and its place. */
  | 'place';

/**
 * Where a job waits until it is due. A FIFO queue stops when 120,000 of its messages are in flight,
 * so no message waits long where the order of a group does not need it.
 * @param dueAt ms since the epoch, as is `now`
 * @param alone whether the job's group has no other job
 */
export const whereToWait = (
  dueAt: number,
  now: number,
  delivery: Pick<Delivery, 'sentAt' | 'receives'>,
  retentionSeconds: number,
  alone: boolean,
): Whereabouts => {
  const most = alone ? LIMITS.aloneWaitSecondsMax : LIMITS.queueWaitSecondsMax;
  if (dueAt > now + most * 1_000) return 'away';
  const isWorn = delivery.receives >= LIMITS.receivesKept;
  return isWorn || dueAt > keptUntil(delivery, retentionSeconds) ? 'place' : 'queue';
};

/**
 * How long the message of a job that holds its group may stay away, in seconds; 0 when the message
 * is too old or was received too often.
 */
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

/**
 * The table keeps a job until it is due, in ms since the epoch; its message is deleted.
 */
export const inTable = async (
  dueAt: number,
  id: string,
  { body }: Delivery,
  deps: Pick<ParkDeps, 'blobs'>,
) => {
  const held: Held = { dueAt, due: dueKey(id), ...(await keepBody(body, id, deps.blobs)) };
  return { held, fate: { action: 'delete' } } as const;
};

const inQueue = (dueAt: number, seconds: number, delivery: Delivery): Wait => {
  const receipt = seconds >= LIMITS.receiptWaitSeconds ? receiptOf(delivery) : undefined;
  return { held: { dueAt, ...(receipt && { receipt }) }, fate: { action: 'return', seconds } };
};

/**
 * Decides where a job waits, and keeps its body or takes its place where the table needs them.
 * @param dueAt ms since the epoch; a time in the past means at once
 * @returns the fields for the job's row, and what becomes of the message
 */
export const deferOrPark = async (
  dueAt: number,
  id: string,
  delivery: Delivery,
  deps: ParkDeps,
): Promise<Wait> => {
  const now = deps.clock.now();
  const isLong = dueAt > now + LIMITS.aloneWaitSecondsMax * 1_000;
  const alone = isLong && isAlone(delivery, id, deps);
  const where = whereToWait(dueAt, now, delivery, deps.retentionSeconds, alone);
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
