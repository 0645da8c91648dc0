/**
 * Dependencies: a job waits in the table until its dependencies have ended. Each step may stop
 * anywhere and be repeated: only the set `pending` in the job's row decides.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import { clipped } from '#shared/kernel/text.ts';
import { timeOf } from '#shared/kernel/time.ts';
import type { Envelope } from '../envelope/envelope.ts';
import type { Delivery, Edge, FlowStore, JobStore } from '../ports/jobs.ts';
import type { JobFacts } from '../record/claimOutcome.ts';
import { waiting } from '../record/newRecord.ts';
import { isTerminal, type JobRecord, type Status } from '../record/record.ts';
import { noteDropped } from '../record/repeatedIds.ts';
import { dead } from '../record/transitions.ts';
import type { Disposition, JobDeps } from '../worker/disposition.ts';
import { keepBody } from '../worker/waits/park.ts';
import { cycleThrough } from './dependencyCycles.ts';

const WRITES_AT_ONCE = 16;

/** Whether the end of a dependency lets the dependant go on, keeps it waiting, or fails it. */
export const verdictOf = (
  status: Status | undefined,
  onFailure: 'fail' | 'run',
): 'go' | 'wait' | 'fail' => {
  if (!isTerminal(status)) return 'wait';
  return status === 'COMPLETED' || onFailure === 'run' ? 'go' : 'fail';
};

/**
 * The deadline for the dependencies and the earliest start, in ms since the epoch. `notBefore` is
 * undefined when the job may start at once. Both are at most a year after `sentAt`.
 */
export const timesOf = (envelope: Envelope, sentAt: number) => {
  const { deadline, deadlineSeconds, runAt, delaySeconds } = envelope;
  const after = (seconds: number) => sentAt + seconds * 1_000;
  const latest = after(LIMITS.horizonSecondsMax);
  const notBefore = runAt === undefined ? after(delaySeconds ?? 0) : timeOf(runAt);
  return {
    deadline: deadline
      ? Math.min(timeOf(deadline), latest)
      : after(deadlineSeconds ?? LIMITS.deadlineSecondsDefault),
    notBefore: notBefore > sentAt ? Math.min(notBefore, latest) : undefined,
  };
};

/**
 * Ends a waiting job as DEAD, before its first attempt. Does nothing when the job no longer waits.
 */
export const failWaiting = async (
  record: JobRecord,
  fault: { readonly code: string; readonly message: string },
  now: number,
  store: Pick<JobStore, 'change'>,
): Promise<void> => {
  // The outcome `lost` needs no care: the job was cancelled, or has failed already.
  await store.change(record, dead(record, now, { ...fault, attempt: 0, at: now }, {}));
};

/** The fault of a job whose dependency ended badly. */
export const dependencyFault = (dependency: string, status: Status) => ({
  code: 'DEPENDENCY_FAILED',
  message: `dependency ${dependency} ended ${status}`,
});

/**
 * Registers the job with every dependency, and returns the dependencies that have ended already.
 */
const register = async (
  edges: readonly Edge[],
  expiresAt: number,
  flows: FlowStore,
): Promise<readonly { readonly edge: Edge; readonly status: Status }[]> => {
  await flows.addEdges(edges, expiresAt);
  const ends = await mapPool(edges, WRITES_AT_ONCE, ({ dependency }) =>
    flows.awaitEnd(dependency, expiresAt),
  );
  return edges.flatMap((edge, index) => {
    const status = ends[index];
    return status === undefined ? [] : [{ edge, status }];
  });
};

/** The edges from a job's dependencies to the job; the order of the dependencies numbers them. */
export const edgesTo = (
  id: string,
  dependencies: readonly string[],
  onFailure: 'fail' | 'run',
): Edge[] =>
  dependencies.map((dependency, ordinal) => ({ dependency, dependant: id, ordinal, onFailure }));

interface StrikeDeps extends Pick<JobDeps, 'flows' | 'clock'> {
  readonly store: Pick<JobStore, 'change' | 'get'>;
}

const cycleFault = (cycle: readonly string[]) => ({
  code: 'DEPENDENCY_CYCLE',
  message: clipped(`it waits for itself: ${cycle.join(' waits for ')}`, LIMITS.errorMessageMax),
});

/**
 * Registers the job with its dependencies and strikes off those that have ended.
 * @param expiresAt TTL of the edges, in seconds since the epoch
 * @returns the row as it is then; undefined when the job no longer waits, because a dependency
 * failed or the job would wait for itself
 */
export const strikeOff = async (
  record: JobRecord,
  edges: readonly Edge[],
  expiresAt: number,
  deps: StrikeDeps,
): Promise<JobRecord | undefined> => {
  const fail = async (fault: { readonly code: string; readonly message: string }) => {
    await failWaiting(record, fault, deps.clock.now(), deps.store);
    return undefined;
  };
  const open = edges.filter(({ ordinal }) => record.pending?.has(ordinal));
  const ended = await register(open, expiresAt, deps.flows);
  const bad = ended.find(({ edge, status }) => verdictOf(status, edge.onFailure) === 'fail');
  if (bad) return fail(dependencyFault(bad.edge.dependency, bad.status));
  const over = new Set(ended.map(({ edge }) => edge.ordinal));
  const still = open.filter(({ ordinal }) => !over.has(ordinal));
  const cycle = still.length > 0 ? await cycleThrough(record, still, deps) : undefined;
  if (cycle) return fail(cycleFault(cycle));
  return ended.length === 0 ? record : deps.flows.fulfil(record.id, [...over]);
};

/** 'fresh': all dependencies have ended and no row exists; 'ready': the row may be claimed. */
export type Readiness = 'fresh' | 'ready' | Disposition;

/**
 * Makes a job wait in the table until its dependencies have ended. Called for every delivery of the
 * job that is not a release, so that the next worker finishes what a dead worker began.
 */
export const awaitDependencies = async (
  facts: JobFacts,
  job: { readonly envelope: Envelope; readonly dependencies: readonly string[] },
  delivery: Delivery,
  deps: JobDeps,
): Promise<Readiness> => {
  const { envelope, dependencies } = job;
  const onFailure = envelope.onDependencyFailure ?? 'fail';
  const statuses = await deps.flows.statuses([...dependencies, facts.id]);
  const over = (id: string) => verdictOf(statuses.get(id), onFailure) === 'go';
  // All dependencies have ended and the job has no row: the claim makes the row.
  if (!statuses.has(facts.id) && dependencies.every(over)) return 'fresh';

  const { deadline, notBefore } = timesOf(envelope, delivery.sentAt);
  const kept = await keepBody(delivery.body, facts.id, deps.blobs);
  const wait = { ...kept, deadline, dependencies, onDependencyFailure: onFailure, notBefore };
  const row = waiting(facts, deps.clock.now(), wait);
  const made = await deps.store.create(row);
  const record = made.kind === 'created' ? row : made.record;
  if (record.status !== 'WAITING' || record.contentHash !== facts.contentHash) return 'ready';
  const expiresAt = Math.floor(deadline / 1_000) + LIMITS.retentionFailedSeconds;
  const edges = edgesTo(facts.id, dependencies, onFailure);
  const still = record.pending ? await strikeOff(record, edges, expiresAt, deps) : record;
  if (still && !still.pending) return 'ready';
  await noteDropped(record, facts, deps);
  // Without a waiting row the job has failed, or it was released or cancelled in the meantime.
  const { id, kind } = facts;
  return { action: 'delete', as: still ? 'waiting' : 'duplicate', id, kind };
};
