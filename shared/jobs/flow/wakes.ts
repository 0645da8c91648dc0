/**
 * What ends the waits of jobs that stopped in the middle of their work: signals, and the ends of jobs
 * that they called. Every step may be repeated.
 */
import { LIMITS } from '#shared/kernel/limits.ts';
import { mapPool } from '#shared/kernel/pool.ts';
import type { Envelope } from '../envelope/envelope.ts';
import { bodyOf, messageOf } from '../envelope/message.ts';
import { type CancelDeps, cancelJob } from '../operator/cancel.ts';
import type { Blobs, FlowStore, OutgoingMessage, Visibility } from '../ports/jobs.ts';
import type { SignalStore } from '../ports/signals.ts';
import { droppedIn } from '../record/droppedCalls.ts';
import { isTerminal, type JobRecord } from '../record/record.ts';
import { callKey, signalKey } from '../steps/kept.ts';
import { childrenOf } from '../worker/attempt/childJobs.ts';
import { releaseMessage } from './releases.ts';

const WIDTH = 16;

export interface WakeDeps extends CancelDeps {
  readonly flows: Pick<FlowStore, 'addEdges' | 'awaitEnd'>;
  readonly signals: Pick<SignalStore, 'drop' | 'wake'>;
  readonly visibility: Visibility;
  readonly blobs: Blobs;
}

/** A signal that was kept. */
export interface Signalled {
  readonly id: string;
  readonly name: string;
  readonly signalId: string;
}

/** Brings the message of a woken job: the one that waits in its queue, or a fresh one. */
const rouse = async (record: JobRecord, deps: WakeDeps): Promise<readonly OutgoingMessage[]> => {
  if (record.wait?.in === 'table') return releaseMessage(record, `wake ${record.wait.seq}`, deps);
  // A message without a receipt comes back by itself, soon.
  if (record.receipt) await deps.visibility.release(record.receipt);
  return [];
};

/** Wakes a job that waits for a job that has ended. */
export const wakeCaller = async (
  caller: string,
  ended: string,
  deps: WakeDeps,
): Promise<readonly OutgoingMessage[]> => {
  const woken = await deps.signals.wake(caller, callKey(ended), deps.clock.now());
  return woken.kind === 'woken' ? rouse(woken.record, deps) : [];
};

const wakeSignalled = async (
  { id, name, signalId }: Signalled,
  deps: WakeDeps,
): Promise<readonly OutgoingMessage[]> => {
  const woken = await deps.signals.wake(id, signalKey(name), deps.clock.now());
  if (woken.kind === 'woken') return rouse(woken.record, deps);
  // A later job with the id must not find it.
  if (isTerminal(woken.record?.status)) await deps.signals.drop(id, name, signalId);
  return [];
};

/** Sends a called job; wakes the caller at once when the job has ended already. */
const sendCalled = async (
  caller: JobRecord,
  child: Envelope,
  deps: WakeDeps,
): Promise<readonly OutgoingMessage[]> => {
  const { id = '' } = child;
  const expiresAt = Math.floor(deps.clock.now() / 1_000) + LIMITS.horizonSecondsMax;
  const edge = { dependency: id, dependant: caller.id, ordinal: 0, onFailure: 'run' } as const;
  // Before the job is sent: its end must find the edge.
  await deps.flows.addEdges([{ ...edge, call: true }], expiresAt);
  const ended = await deps.flows.awaitEnd(id, expiresAt);
  if (ended !== undefined) return wakeCaller(caller.id, id, deps);
  return [messageOf(child, bodyOf(child), id, caller.traceHeader)];
};

const sendCalls = async (
  caller: JobRecord,
  deps: WakeDeps,
): Promise<readonly OutgoingMessage[]> => {
  const { calls: children, callsRef: childrenRef } = caller;
  const kept = {
    ...(children !== undefined && { children }),
    ...(childrenRef !== undefined && { childrenRef }),
  };
  const envelopes = (await childrenOf(kept, deps.blobs)) ?? [];
  const messages = await mapPool(envelopes, WIDTH, (child) => sendCalled(caller, child, deps));
  return messages.flat();
};

/**
 * The messages that follow from signals, and from runs that stopped and called jobs.
 * @param calling rows of jobs that wait, as their runs left them
 */
export const wakeMessages = async (
  signalled: readonly Signalled[],
  calling: readonly JobRecord[],
  deps: WakeDeps,
): Promise<readonly OutgoingMessage[]> => {
  const woken = await mapPool(signalled, WIDTH, (signal) => wakeSignalled(signal, deps));
  const sent = await mapPool(calling, WIDTH, (record) => sendCalls(record, deps));
  return [...woken.flat(), ...sent.flat()];
};

const cancelAll = async (jobs: readonly string[], caller: string, why: string, deps: WakeDeps) => {
  const wish = { by: `job ${caller}`, reason: `the job that called it ${why}` };
  await mapPool(jobs, WIDTH, (job) => cancelJob(job, wish, deps));
};

/** Cancels the jobs that a cancelled job had called and still waited for. */
export const cancelCalled = async ({ id, status, wait }: JobRecord, deps: WakeDeps) => {
  if (status !== 'CANCELLED') return;
  const called = (wait?.for ?? []).flatMap(({ job }) => job ?? []);
  await cancelAll(called, id, 'was cancelled', deps);
};

/** Cancels called jobs that their caller no longer waits for; one that has ended stays as it is. */
export const cancelDropped = (record: JobRecord, deps: WakeDeps): Promise<void> =>
  cancelAll(droppedIn(record), record.id, 'no longer waits for it', deps);
