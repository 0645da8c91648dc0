/**
 * Places in groups. A message cannot wait for ever: in time the table takes its job over, and a
 * fresh message comes later. That one would be the last of its group, so it travels in an SQS group
 * of its own, its message group, and the job keeps its place: whoever is behind it in the group waits until
 * it has ended. A hold of the group names the last job that was taken over; each of those knows the
 * one before it. Workers look for holds only while there may be some.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { parseEnvelope } from '../envelope/envelope.ts';
import { deduplicationIdOf, groupOf } from '../envelope/message.ts';
import type { GroupHalt } from '../ports/groups.ts';
import type { Delivery } from '../ports/jobs.ts';
import { isTerminal, type JobRecord, type Place } from '../record/record.ts';
import type { JobDeps } from './disposition.ts';

export type PlaceDeps = Pick<JobDeps, 'store' | 'groups' | 'kinds' | 'clock'>;

/** Nobody need wait for the job any longer. */
const isOver = (record: JobRecord | undefined): boolean =>
  !record?.place || (isTerminal(record.status) && !record.halted);

const openOf = async (
  id: string | undefined,
  { store }: Pick<PlaceDeps, 'store'>,
): Promise<string | undefined> =>
  id === undefined || isOver(await store.get(id)) ? undefined : id;

/** Its sender gave it no group: nobody else is in the one that was made for it. */
const isAlone = ({ body, group, deduplicationId }: Delivery, id: string, deps: PlaceDeps) => {
  const job = parseEnvelope(body, deps.kinds);
  if (!job.ok || job.value.envelope.group !== undefined) return false;
  const { envelope } = job.value;
  // One that was sent without an id got its group and its deduplication from the same nonce.
  return group === groupOf(envelope, id) || deduplicationId === deduplicationIdOf(envelope, group);
};

/** The job that must end before this one may start; undefined when it is its turn. */
export const jobBefore = async (
  id: string,
  { priority, group, messageGroup }: Delivery,
  /** There may be held groups. */
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

/** Workers go by what they read a while ago: a hold counts once all of them have read of it. */
const isSettled = ({ since }: GroupHalt, now: number): boolean =>
  since <= now - LIMITS.groupSettleSeconds * 1_000 &&
  since > now - LIMITS.groupFreshSeconds * 1_000;

/** Workers would stop to look for holds before the next look at a job that keeps its place. */
export const isForgotten = (heldUntil: number, { clock }: Pick<PlaceDeps, 'clock'>): boolean =>
  heldUntil < clock.now() + LIMITS.groupFreshSeconds * 1_000;

/** Keeps workers looking for holds, well beyond the next look at this job. @param until ms since the epoch */
export const keepLooking = (until: number, { groups }: Pick<PlaceDeps, 'groups'>): Promise<void> =>
  groups.announce(until + LIMITS.groupAnnounceSeconds * 1_000);

/** Makes the job the last that the table took over of its group; undefined while that must settle. */
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
 * Gives a job its place, so that its message may go; done again it is the same place.
 * @param until when it is looked at next, ms since the epoch
 * @returns undefined when the message must come back once more before it goes
 */
export const takePlace = async (
  id: string,
  delivery: Delivery,
  until: number,
  deps: PlaceDeps,
): Promise<{ readonly place?: Place } | undefined> => {
  const isPlaced = delivery.messageGroup !== undefined;
  if (!isPlaced && isAlone(delivery, id, deps)) return {};
  // First: a hold that nobody looks for holds nothing.
  await keepLooking(Math.max(deps.clock.now(), until), deps);
  // A worker that was given up for lost may come late: what is behind the job by now is not before it.
  if (isPlaced || (await deps.store.get(id))?.place) return {};
  const place = await joinHold(id, delivery, deps);
  return place && { place };
};
