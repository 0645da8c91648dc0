/** What having a job run by a host needs of the outside, and what jobs need of it. */

import type { Host } from '#shared/hosts/registry/host.ts';
import type { Json } from '#shared/kernel/json.ts';
import type { Performance } from './selectHost.ts';

/** What a host is to run. */
export interface Task {
  /** A capability of the host. */
  readonly kind: string;
  readonly input?: Json;
  /** All of them must be the host's. */
  readonly tags?: readonly string[];
}

/** A job's place at a host. */
export interface Slot {
  readonly jobId: string;
  /** Of the run that took it: another run of the job has another one. */
  readonly token: string;
  /** Its lease, ms since the epoch: whoever vanishes holds it no longer. */
  readonly until: number;
}

/** Who has which place at which host. Each call is safe to repeat. */
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
  /** The same for each try of one run of the job: a host does it once. */
  readonly idempotencyKey: string;
  readonly kind: string;
  readonly input: Json;
  readonly attempt: number;
  /** ms since the epoch. */
  readonly deadline: number;
  readonly traceHeader?: string | undefined;
}

/** What came of a call. */
export type CallOutcome =
  | { readonly kind: 'done'; readonly result: Json }
  /** It cannot be done, here or elsewhere. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** It takes nothing more for now, and has not run it. */
  | { readonly kind: 'busy'; readonly detail: string; readonly retryAfterSeconds?: number }
  /** It answered that it did not succeed. */
  | { readonly kind: 'failed'; readonly detail: string }
  /** It was never asked: there was no connection. */
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** It was asked and did not answer: it may have run it. */
  | { readonly kind: 'unclear'; readonly detail: string };

/** Rejects only with the reason of its signal. */
export type HostCall = (
  host: Host,
  request: RunRequest,
  signal: AbortSignal,
) => Promise<CallOutcome>;

/** What calls to hosts are signed with: the current secret, and the one before while it is rotated. */
export interface HostSecrets {
  current(): Promise<readonly string[]>;
}

/** A job for the hosts. */
export interface HostTask extends RunRequest {
  readonly tags: readonly string[];
  readonly unit: string;
  /** The most that may be paid, in minor units; 0 for free hosts only. */
  readonly budget: bigint;
  /** Whom an earlier attempt has asked: it may have the result. */
  readonly before: string | undefined;
}

/** What the run of a job has to say and to hear while its task is with hosts. */
export interface Tenure {
  readonly signal: AbortSignal;
  /** End of the job's lease, ms since the epoch. */
  until(): number;
  /** Tells the listener of each new end of the lease; call the answer when that is over. */
  onExtended(listener: () => void): () => void;
  /** Before each call: who is asked, and for how much. @throws when the lease is lost */
  asking(host: string, price: bigint): Promise<void>;
  /** After each call: how it went. */
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
  /** No host may or can take it now; `soon` when it is only a matter of a free slot. */
  | { readonly kind: 'none'; readonly reason: string; readonly soon: boolean }
  /** Hosts were asked, and none of them did it. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface Dispatcher {
  /** Rejects when the tables cannot be reached, and with the reason of the signal. */
  run(task: HostTask, tenure: Tenure): Promise<DispatchOutcome>;
}
