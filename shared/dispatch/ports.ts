/** What dispatch needs from outside, and what jobs need from dispatch. */

import type { Host } from '#shared/hosts/registry/host.ts';
import type { Json } from '#shared/kernel/json.ts';
import type { Performance } from './selectHost.ts';

/** What a handler gives to a host. */
export interface Task {
  /** A kind that the host runs. */
  readonly kind: string;
  readonly input?: Json;
  /** The host must have all of these tags. */
  readonly tags?: readonly string[];
}

/** The right to run one job on a host. */
export interface Slot {
  readonly jobId: string;
  /** The token of the run that took the slot; each run has its own. */
  readonly token: string;
  /** End of the slot's lease, ms since the epoch. A run that vanishes loses its slot then. */
  readonly until: number;
}

/** The slots of all hosts. Each call is safe to repeat. */
export interface Slots {
  /** For the same job twice it is taken once. When it is not known whether it was, it is given back. */
  take(
    host: string,
    slot: Slot,
    room: {
      readonly concurrency: number;
      /** Even when all places are taken. */
      readonly beyond: boolean;
    },
  ): Promise<{
    /** In which item of the table it is; undefined when no place is free. */
    readonly item: number | undefined;
    /** How the latest jobs of the host went, as far as that item knows. */
    readonly record: Performance | undefined;
  }>;
  /** false when it is another run's by now. */
  extend(host: string, slot: Slot, item: number): Promise<boolean>;
  /** Gives it back if it is still this run's, and notes how the host's jobs went. */
  release(host: string, slot: Slot, item: number, record: Performance | undefined): Promise<void>;
}

/** What a host is asked to run. */
export interface RunRequest {
  readonly jobId: string;
  /** The same for each attempt of one run of the job: a host runs it once. */
  readonly idempotencyKey: string;
  readonly kind: string;
  readonly input: Json;
  readonly attempt: number;
  /** ms since the epoch. */
  readonly deadline: number;
  readonly traceHeader?: string | undefined;
}

/** The outcome of a call. */
export type CallOutcome =
  | { readonly kind: 'done'; readonly result: Json }
  /** No host can do the job. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** The host takes no more jobs for now, and has not run this one. */
  | { readonly kind: 'busy'; readonly detail: string; readonly retryAfterSeconds?: number }
  /** The host answered that the job failed. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** The host was not asked: there was no connection. */
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** The host was asked and did not answer: it may have run the job. */
  | { readonly kind: 'unclear'; readonly detail: string };

/** Calls a host. Rejects only with the reason of its signal. */
export type HostCall = (
  host: Host,
  request: RunRequest,
  signal: AbortSignal,
) => Promise<CallOutcome>;

/** The secrets that sign calls to hosts: the current one, and the one before during a rotation. */
export interface HostSecrets {
  current(): Promise<readonly string[]>;
}

/** A job's run for the hosts. */
export interface HostTask extends RunRequest {
  readonly tags: readonly string[];
  readonly unit: string;
  /** The most that may be paid, in minor units; 0 for free hosts only. */
  readonly budget: bigint;
  /** The host that an earlier attempt asked: it may have the result. */
  readonly before: string | undefined;
}

/** What the run of a job reports and learns while hosts have its task. */
export interface Tenure {
  readonly signal: AbortSignal;
  /** End of the job's lease, ms since the epoch. */
  until(): number;
  /** Calls the listener at each new end of the lease. The returned function ends this. */
  onExtended(listener: () => void): () => void;
  /**
   * Called before each call with the host and the price in minor units.
   *
   * @throws LeaseLostError when another attempt has the lease
   */
  asking(host: string, price: bigint): Promise<void>;
  /** Called after each call with its outcome. */
  answered(detail: string): void;
}

export type DispatchOutcome =
  | {
      readonly kind: 'done';
      readonly result: Json;
      readonly host: string;
      readonly price: bigint;
      /** The operator's share of the price, in parts per million. */
      readonly marginPpm: number;
    }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** No host may or can take the job now; `soon` when only a free slot is missing. */
  | { readonly kind: 'none'; readonly reason: string; readonly soon: boolean }
  /** Hosts were asked, and none did the job. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface Dispatcher {
  /**
   * Finds a host and has it run the task. Rejects when the tables cannot be reached, and with the
   * reason of the signal.
   */
  run(task: HostTask, tenure: Tenure): Promise<DispatchOutcome>;
}
