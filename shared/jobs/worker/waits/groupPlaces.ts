/**
 * Places in groups. A message cannot wait for ever: after some time the table takes over its job
 * and sends a new message later. In its old group the new message would be the last, so it travels
 * in an SQS group of its own (`messageGroup`), and the job keeps its place: later jobs of the group
 * wait until the job has ended. A hold of the group names the last job that the table took over,
 * and each such job names the one before it. Workers look for holds only while holds may exist.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { parseEnvelope } from '../../envelope/envelope.ts';
import { deduplicationIdOf, groupOf } from '../../envelope/message.ts';
import type { GroupHalt } from '../../ports/groups.ts';
import type { Delivery } from '../../ports/jobs.ts';
import { isTerminal, type JobRecord, type Place } from '../../record/record.ts';
import type { JobDeps } from '../disposition.ts';

export type PlaceDeps = Pick<JobDeps, 'store' | 'groups' | 'kinds' | 'clock'>;

/** Whether later jobs of the group no longer wait for this job. */
const isOver = (record: JobRecord | undefined): boolean =>
  !record?.place || (isTerminal(record.status) && !record.halted);

const openOf = async (
  id: string | undefined,
  { store }: Pick<PlaceDeps, 'store'>,
): Promise<string | undefined> =>
  id === undefined || isOver(await store.get(id)) ? undefined : id;

/** Whether the sender gave the job no group. The mesh then made a group for this job alone. */
export const isAlone = (
  { body, group, messageGroup, deduplicationId }: Delivery,
  id: string,
  deps: Pick<PlaceDeps, 'kinds'>,
): boolean => {
  // A job that keeps its place has other jobs behind it.
  if (messageGroup !== undefined) return false;
  const job = parseEnvelope(body, deps.kinds);
  if (!job.ok || job.value.envelope.group !== undefined) return false;
  const { envelope } = job.value;
  // A job without an id got its group and its deduplication id from the same nonce.
  return group === groupOf(envelope, id) || deduplicationId === deduplicationIdOf(envelope, group);
};

/** The id of the job that must end before this job may start; undefined when this job may start. */
export const jobBefore = async (
  id: string,
  { priority, group, messageGroup }: Delivery,
  /** Whether there may be held groups. */
  held: boolean,
  deps: PlaceDeps,
): Promise<string | undefined> => {
  if (messageGroup !== undefined) return openOf((await deps.store.get(id))?.place?.after, deps);
  const hold = held ? await deps.groups.get(priority, group) : undefined;
  if (!hold) return undefined;
  if (hold.last === id) return openOf(hold.before, deps);
  const before = await openOf(hold.last, deps);
  if (before === undefined) await deps.groups.remove(priority, group, hold);
  return before;
};

/**
 * Workers use control items that they read some time ago. A hold counts once all workers have read
 * the new item.
 */
const isSettled = ({ since }: GroupHalt, now: number): boolean =>
  since <= now - LIMITS.groupSettleSeconds * 1_000 &&
  since > now - LIMITS.groupFreshSeconds * 1_000;

/**
 * Whether workers would stop looking for holds before the next look at a job that keeps its place.
 * @param heldUntil ms since the epoch
 */
export const isForgotten = (heldUntil: number, { clock }: Pick<PlaceDeps, 'clock'>): boolean =>
  heldUntil < clock.now() + LIMITS.groupFreshSeconds * 1_000;

/**
 * Makes all workers look for holds until well after the next look at a job that keeps its place.
 * @param until the next look, ms since the epoch
 */
export const keepLooking = (until: number, { groups }: Pick<PlaceDeps, 'groups'>): Promise<void> =>
  groups.announce(until + LIMITS.groupAnnounceSeconds * 1_000);

/**
 * Makes this job the last one that the table took over of its group. Undefined while some workers
 * may not know of the hold yet.
 */
const joinHold = async (
  id: string,
  { priority, group }: Delivery,
  deps: PlaceDeps,
): Promise<Place | undefined> => {
  const now = deps.clock.now();
  const hold = await deps.groups.get(priority, group);
  const isOurs = hold?.last === id;
  const after = await openOf(isOurs ? hold.before : hold?.last, deps);
  const place = { ...(after !== undefined && { after }) };
  const settled = hold !== undefined && isSettled(hold, now);
  if (isOurs && settled) return place;
  const since = settled ? hold.since : now;
  const next = { last: id, ...(after !== undefined && { before: after }), since };
  const isHeld = await deps.groups.put(priority, group, hold, next);
  return isHeld && settled ? place : undefined;
};

/**
 * Gives a job its place in its group, so that its message may be deleted. A second call gives the
 * same place.
 * @param until when the job is looked at next, ms since the epoch
 * @returns undefined when the message must come back once more before it may be deleted
 */
export const takePlace = async (
  id: string,
  delivery: Delivery,
  until: number,
  deps: PlaceDeps,
): Promise<{ readonly place?: Place } | undefined> => {
  const isPlaced = delivery.messageGroup !== undefined;
  if (isAlone(delivery, id, deps)) return {};
  // Before the hold is written: a hold that no worker looks for holds nothing.
  await keepLooking(Math.max(deps.clock.now(), until), deps);
  // A worker that seemed lost may come late. A job that already has a place must not get a later
  // one.
  if (isPlaced || (await deps.store.get(id))?.place) return {};
  const place = await joinHold(id, delivery, deps);
  return place && { place };
};
