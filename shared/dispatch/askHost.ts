/**
 * Asks one host to run a job: only while its current state is alive, and with a slot. When an
 * answer is lost the host is asked again, for it may have done the job.
 */

import type { ProbeQueue } from '#shared/hosts/ports.ts';
import type { Live } from '#shared/hosts/probing/hostState.ts';
import type { Host } from '#shared/hosts/registry/host.ts';
import { doubled, halfJitter } from '#shared/kernel/backoff.ts';
import { LIMITS } from '#shared/kernel/limits.ts';
import type { Clock, Ids, Logger, Random } from '#shared/kernel/ports.ts';
import type { View } from './meshView.ts';
import type { CallOutcome, HostCall, HostTask, Slot, Slots, Tenure } from './ports.ts';
import { type Choice, NO_RECORD, type Performance, recorded } from './selectHost.ts';

export interface AskDeps {
  readonly slots: Slots;
  readonly call: HostCall;
  readonly probes: ProbeQueue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  readonly wait: (ms: number) => Promise<void>;
}

export interface Run<D extends AskDeps = AskDeps> {
  readonly task: HostTask;
  readonly tenure: Tenure;
  readonly view: View;
  readonly deps: D;
}

export type Asked =
  | CallOutcome
  /** The host was not asked. */
  | { readonly kind: 'passed' };

const isCallable = (live: Live | undefined): boolean =>
  live !== undefined && live.state !== 'offline' && live.state !== 'unknown';

/** Whether the host may get new work. A busy host may still have the result of an old job. */
const isOpen = (live: Live | undefined): boolean => isCallable(live) && live?.state !== 'busy';

const report = async ({ view, deps }: Run, host: Host, detail: string): Promise<void> => {
  view.suspect(host.id);
  const { shard, id } = host;
  const message = { kind: 'suspect', shard, host: id, at: deps.clock.now(), detail } as const;
  // When this message is lost, the next probe finds out.
  await deps.probes.send([{ message, delaySeconds: 0 }]).catch((error: unknown) => {
    deps.logger.warn('a suspect host was not reported', { host: id, error });
  });
};

/** The job's slot at the host, and in which item of the table it is. */
interface Place {
  readonly slot: () => Slot;
  readonly item: number;
}

/** One call, cut off when the host is found dead meanwhile. */
const callOnce = async (run: Run, host: Host, { slot, item }: Place): Promise<CallOutcome> => {
  const { task, tenure, view, deps } = run;
  const dead = new AbortController();
  const renew = async (): Promise<void> => {
    await deps.slots.extend(host.id, slot(), item);
    if (!isCallable(await view.live(host))) dead.abort();
  };
  const stop = tenure.onExtended(() => {
    renew().catch((error: unknown) => {
      deps.logger.warn('slot not extended', { host: host.id, jobId: task.jobId, error });
    });
  });
  try {
    return await deps.call(host, task, AbortSignal.any([tenure.signal, dead.signal]));
  } catch (error) {
    tenure.signal.throwIfAborted();
    if (!dead.signal.aborted) throw error;
    return { kind: 'unclear', detail: 'it went offline' };
  } finally {
    stop();
  }
};

/** Asks until it is clear what became of the call, as long as the host lives. */
const callUntilClear = async (run: Run, host: Host, place: Place): Promise<CallOutcome> => {
  const { view, deps, tenure } = run;
  let outcome = await callOnce(run, host, place);
  for (let again = 1; outcome.kind === 'unclear' && again <= LIMITS.hostReasksMax; again += 1) {
    tenure.answered(outcome.detail);
    await report(run, host, outcome.detail);
    await deps.wait(halfJitter(doubled(LIMITS.hostReaskMs, again), deps.random));
    tenure.signal.throwIfAborted();
    if (!isCallable(await view.live(host))) return outcome;
    const next = await callOnce(run, host, place);
    // There is nobody any more who could say what became of the first call.
    outcome = next.kind === 'unreachable' ? { ...next, kind: 'unclear' } : next;
  }
  return outcome;
};

/** Remembers what a call shows about the host. */
const remember = async (run: Run, host: Host, outcome: CallOutcome): Promise<void> => {
  if (outcome.kind === 'busy')
    run.view.full(host.id, 1_000 * (outcome.retryAfterSeconds ?? LIMITS.hostBusySeconds));
  if (outcome.kind === 'unreachable') await report(run, host, outcome.detail);
};

const SUCCEEDED: Readonly<Partial<Record<CallOutcome['kind'], boolean>>> = {
  done: true,
  failed: false,
  unreachable: false,
  unclear: false,
};

/** @param again it was asked by an earlier attempt */
export const ask = async (run: Run, { host, price }: Choice, again: boolean): Promise<Asked> => {
  const { task, tenure, view, deps } = run;
  const token = deps.ids.next();
  const slot = (): Slot => ({ jobId: task.jobId, token, until: tenure.until() });
  const { concurrency } = host;
  // Both are waited for, whatever becomes of one: what has been taken can then be given back.
  const [taken, looked] = await Promise.allSettled([
    deps.slots.take(host.id, slot(), { concurrency, beyond: again }),
    view.live(host),
  ]);
  if (taken.status === 'rejected') throw taken.reason;
  const { item, record } = taken.value;
  if (record) view.learn(host.id, record);
  if (item === undefined) {
    if (looked.status === 'rejected') throw looked.reason;
    view.full(host.id, LIMITS.slotsFullMs);
    return { kind: 'passed' };
  }
  let news: Performance | undefined;
  try {
    if (looked.status === 'rejected') throw looked.reason;
    const live = looked.value;
    if (!(again ? isCallable(live) : isOpen(live))) return { kind: 'passed' };
    await tenure.asking(host.id, price);
    const outcome = await callUntilClear(run, host, { slot, item });
    await remember(run, host, outcome);
    const succeeded = SUCCEEDED[outcome.kind];
    if (succeeded !== undefined) {
      news = recorded(record ?? NO_RECORD, succeeded);
      view.learn(host.id, news);
    }
    return outcome;
  } finally {
    await deps.slots.release(host.id, slot(), item, news).catch((error: unknown) => {
      deps.logger.warn('slot not given back; it ends with its lease', { host: host.id, error });
    });
  }
};
