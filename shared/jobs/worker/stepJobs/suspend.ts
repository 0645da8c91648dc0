/** Where a job waits in the middle of its work, and what is checked before the job may wait. */
import { LIMITS } from '#shared/kernel/limits.ts';
import type { JobDefinition } from '../../kinds/defineJob.ts';
import type { Delivery } from '../../ports/jobs.ts';
import { type HeldShares, isTerminal, type JobRecord, signalsSince } from '../../record/record.ts';
import { type Stay, stayed, suspended } from '../../record/suspension.ts';
import type { Transition } from '../../record/transitions.ts';
import { callKey, type KeptWait, signalKey, type Wait } from '../../steps/kept.ts';
import { ownerOf } from '../../steps/owner.ts';
import type { Suspension } from '../../steps/run.ts';
import { keepEnvelopes } from '../attempt/childJobs.ts';
import type { Disposition, Fate, JobDeps } from '../disposition.ts';
import { isAlone } from '../waits/groupPlaces.ts';
import { deferOrPark, inTable, receiptOf } from '../waits/park.ts';
import { faultSeconds } from '../waits/waitTimes.ts';

const firstEnd = ({ for: waits }: Wait): number =>
  Math.min(...waits.map(({ until }) => until ?? Number.POSITIVE_INFINITY));

/** Whether something other than time may end the wait. */
const isOpen = ({ for: waits }: Wait): boolean =>
  waits.some(({ op }) => op === 'signal' || op === 'call');

/** Decides where the job waits, and keeps its body or its place where the table needs them. */
const placeOf = async (
  { id, kind }: Pick<JobRecord, 'id' | 'kind'>,
  wait: Wait,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Stay & { readonly fate: Fate }> => {
  const now = deps.clock.now();
  const end = firstEnd(wait);
  const until = Math.min(end, now + LIMITS.horizonSecondsMax * 1_000);
  const alone = isAlone(delivery, id, deps);
  const holds = !alone && deps.kinds.get(kind)?.onWait !== 'release';
  const isShort = !isOpen(wait) && until <= now + LIMITS.aloneWaitSecondsMax * 1_000;
  if (holds || isShort) {
    // A longer wait is looked at now and then, so that the job stays before the rest of its group.
    const lookAt = Math.min(until, now + LIMITS.queueWaitSecondsMax * 1_000);
    const { held, fate } = await deferOrPark(lookAt, id, delivery, deps);
    const place = fate.action === 'return' ? 'queue' : 'table';
    return { held, fate, until, in: place, letsGo: false };
  }
  const { held, fate } = await inTable(until, id, delivery, deps);
  const { due: _due, ...timeless } = held;
  const kept = end === Number.POSITIVE_INFINITY ? timeless : held;
  return { held: kept, fate, until, in: 'table', letsGo: !alone };
};

/** Of the things that the job waits for, the keys of those that have come. */
const arrivedOf = async (
  record: Pick<JobRecord, 'id' | 'createdAt'>,
  wait: Wait,
  deps: JobDeps,
): Promise<readonly string[]> => {
  const of = { id: record.id, since: signalsSince(record) };
  const hasSignals = wait.for.some(({ op }) => op === 'signal');
  const names = hasSignals ? await deps.stepStore.arrived(of) : [];
  const jobs = wait.for.flatMap(({ job }) => job ?? []);
  const statuses = jobs.length > 0 ? await deps.flows.statuses(jobs) : new Map();
  const ended = jobs.filter((job) => isTerminal(statuses.get(job)));
  const awaited = new Set(wait.for.map(({ name }) => name));
  const signals = names.filter((name) => awaited.has(name));
  return [...signals.map(signalKey), ...ended.map(callKey)];
};

/**
 * Ends the wait when a signal or a result came before the row said that the job waits: nobody else
 * would wake the job. False: the job goes on waiting.
 */
const lookAround = async (record: JobRecord, wait: Wait, deps: JobDeps): Promise<boolean> => {
  if (!isOpen(wait)) return false;
  for (const key of await arrivedOf(record, wait, deps)) {
    const woken = await deps.signals.wake(record.id, key, deps.clock.now());
    if (woken.kind === 'woken') return true;
  }
  return false;
};

/**
 * Checks once more for signals and results, for a job whose message waits in its queue. This comes
 * after the message's visibility was set: to set it later would undo the wake by a signal that came
 * meanwhile. When the check fails, the message comes back soon.
 */
const lookAfterwards =
  (
    record: JobRecord,
    wait: Wait,
    delivery: Delivery,
    deps: JobDeps,
  ): NonNullable<Disposition['afterwards']> =>
  async ({ visibility }) => {
    try {
      if (await lookAround(record, wait, deps)) await visibility.release(receiptOf(delivery));
    } catch (error) {
      deps.logger.warn('a wait not checked; its message comes back soon', { id: record.id, error });
      const entry = { delivery, seconds: faultSeconds(delivery.receives) };
      await visibility.change([entry]).catch(() => undefined);
    }
  };

const watched = async (
  record: JobRecord,
  wait: Wait,
  stay: Stay,
  disposition: Disposition,
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  if (!isOpen(wait)) return disposition;
  if (stay.in === 'queue')
    return { ...disposition, afterwards: lookAfterwards(record, wait, delivery, deps) };
  const isWoken = await lookAround(record, wait, deps);
  return isWoken ? { ...disposition, action: 'return', seconds: 0 } : disposition;
};

/** Keeps the steps of an old job for as long as the job waits; for a young job nothing is done. */
const keepSteps = async (record: JobRecord, until: number, { stepStore }: JobDeps) => {
  const from = Math.floor(until / 1_000) + LIMITS.stepMarginSeconds;
  const oldest = Math.floor(record.createdAt / 1_000) + LIMITS.stepKeptSeconds;
  if (from > oldest) await stepStore.renew(ownerOf(record, until), from);
};

/** How a run that stops to wait is written down. */
export interface Plan {
  readonly change: Transition;
  readonly fate: Fate;
  /** Checks for signals and results that came meanwhile; to be called after the change is written. */
  watch(disposition: Disposition): Promise<Disposition>;
}

/** Prepares the wait of a run that stops, and keeps the jobs that are sent with it. */
export const planSuspension = async (
  record: JobRecord,
  { wait, calls }: Suspension,
  of: {
    readonly owes: boolean;
    readonly version: JobDefinition['version'] | undefined;
    /** The parts of what is held for all jobs that were called. */
    readonly shares: HeldShares | undefined;
  },
  delivery: Delivery,
  deps: JobDeps,
): Promise<Plan> => {
  const { fate, ...stay } = await placeOf(record, wait, delivery, deps);
  await keepSteps(record, stay.until, deps);
  const { text, ref } = await keepEnvelopes(record.id, calls, deps.blobs);
  const called = {
    ...(text !== undefined && { calls: text }),
    ...(ref !== undefined && { callsRef: ref }),
  };
  const version = of.version === undefined ? {} : { stepsVersion: String(of.version) };
  const { owes, shares } = of;
  const money = shares && { shares };
  const more = { ...called, ...version, ...money, ...(owes && { owes: true as const }) };
  const change = suspended(record, deps.clock.now(), wait, stay, more);
  const watch = (disposition: Disposition) =>
    watched(record, wait, stay, disposition, delivery, deps);
  return { change, fate, watch };
};

/** The message of a job came while the job waits in the middle of its work. */
export const stay = async (
  record: JobRecord & { readonly wait: KeptWait },
  delivery: Delivery,
  deps: JobDeps,
): Promise<Disposition> => {
  const { id, kind, wait } = record;
  const { fate, ...where } = await placeOf(record, wait, delivery, deps);
  const report = { as: 'early', id, kind } as const;
  // The timekeeper sent the job a little early: its time is in the row, and nothing else ends the wait.
  const isSoon = fate.action === 'return' && fate.seconds <= LIMITS.sendAheadSeconds;
  if (isSoon && !isOpen(wait)) return { ...fate, ...report };
  const change = stayed(record, deps.clock.now(), where);
  const { kind: outcome } = await deps.store.change(record, change);
  if (outcome !== 'applied') return { action: 'return', seconds: 0, ...report };
  return watched(record, wait, where, { ...fate, ...report }, delivery, deps);
};
