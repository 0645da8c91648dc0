/**
 * Dependencies: a job waits in the table until those it depends on have ended. Each step may be
 * repeated or cut short anywhere; the row's set of pending ordinals is what counts.
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
import { keepBody } from '../worker/park.ts';
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

/** When to give up waiting, and before when not to start; ms since the epoch. */
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

/** A dependency ended badly: so does the job that needed it. */
export const failWaiting = async (
  record: JobRecord,
  fault: { readonly code: string; readonly message: string },
  now: number,
  store: Pick<JobStore, 'change'>,
): Promise<void> => {
  // Lost means that the job no longer waits: it was cancelled, or has failed already.
  await store.change(record, dead(record, now, { ...fault, attempt: 0, at: now }, {}));
};

export const dependencyFault = (dependency: string, status: Status) => ({
  code: 'DEPENDENCY_FAILED',
  message: `dependency ${dependency} ended ${status}`,
});

/** Registers with every dependency; answers with those that have ended already. */
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
 * Those that have ended are struck off; undefined when the job waits no longer, be it that one of
 * them failed, or that it would wait for itself.
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

/** 'fresh': no row is needed, nothing is awaited; 'ready': the row may be claimed. */
export type Readiness = 'fresh' | 'ready' | Disposition;

/**
 * Parks a job until its dependencies have ended. Called for every delivery of such a job that
 * nobody released, so that a worker that died half-way is made good by the next one.
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
  // Nothing to wait for, and no row that waits: no need to make one.
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
  // Otherwise it has failed, or somebody else released or cancelled it meanwhile.
  const { id, kind } = facts;
  return { action: 'delete', as: still ? 'waiting' : 'duplicate', id, kind };
};
